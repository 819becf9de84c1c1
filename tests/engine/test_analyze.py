"""`imgopt analyze` on images of a real engine, and what a real build receives."""

from __future__ import annotations

import io
import json
import subprocess
import tarfile
from pathlib import Path

import pytest
from engine_fixtures import Engine, write

from imgopt.context.build_context import BuildContext

pytestmark = pytest.mark.engine
DOCKERFILE = """\
FROM busybox:1.37
RUN dd if=/dev/zero of=/big bs=1000 count=500
RUN dd if=/dev/zero of=/big bs=1000 count=300
ENV A=1 B=2
COPY app.py /app/
RUN rm /app/app.py
CMD ["sh"]
"""


def test_layers_lines_and_waste(engine: Engine, tmp_path: Path) -> None:
    write(tmp_path, {"Dockerfile": DOCKERFILE, "app.py": "x" * 1000})
    build = ("buildx", "build", "-q", "--load", "--network=none", "-t", "imgopt-test/waste")
    engine.docker(*build, str(tmp_path))
    try:
        argv = ["analyze", "imgopt-test/waste", "--dockerfile", "Dockerfile"]
        done = engine.imgopt(*argv, "--format", "json", cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        image = json.loads(done.stdout)["image"]
        own = [
            (x["line"], x["size_bytes"], x["wasted_bytes"]) for x in image["layers"] if x["line"]
        ]
        assert own == [(2, 500_000, 500_000), (3, 300_000, 0), (5, 1000, 1000), (6, 0, 0)]
        assert [(w["path"], w["size_bytes"], w["reason"]) for w in image["waste"]] == [
            ("big", 500_000, "overwritten"), ("app/app.py", 1000, "deleted"),
        ]  # fmt: skip
        text = engine.imgopt(*argv, cwd=tmp_path).stdout
        assert "0.5 MB" in text
        assert "RUN dd if=/dev/zero of=/big" in text
        saved = tmp_path / "image.tar"
        engine.docker("save", "--output", str(saved), "imgopt-test/waste")
        again = engine.imgopt("analyze", str(saved), "--format", "json", cwd=tmp_path)
        assert json.loads(again.stdout)["image"]["wasted_bytes"] == image["wasted_bytes"]
    finally:
        engine.docker("image", "rm", "--force", "imgopt-test/waste")


def test_an_image_has_one_size(engine: Engine, project: Path) -> None:
    """bench, analyze and the files themselves say the same; what the engine says is beside it."""
    kept = "imgopt-test/size"
    argv = ["bench", "--scenario", "cold=1", "--scenario", "code-change=1", "--format", "json"]
    done = engine.imgopt(*argv, "--keep-images", kept, cwd=project)
    assert done.returncode == 0, done.stderr
    try:
        built = json.loads(done.stdout)["runs"][-1]["image"]
        shown = engine.imgopt("analyze", f"{kept}/web", "--format", "json", cwd=project)
        image = json.loads(shown.stdout)["image"]
        sizes = [(layer["digest"], layer["size_bytes"]) for layer in image["layers"]]
        assert sizes == [(layer["digest"], layer["size_bytes"]) for layer in built["layers"]]
        assert image["size_bytes"] == built["size_bytes"] == files_of(engine, f"{kept}/web")
        listed = engine.docker("image", "ls", "--format", "{{.Size}}", f"{kept}/web").strip()
        assert f"{image['engine_bytes'] / 1e6:.3g}MB" == listed
        text = engine.imgopt("analyze", f"{kept}/web", cwd=project).stdout
        assert ("the engine reports" in text) == (image["engine_content_bytes"] > 0)
    finally:
        engine.docker("image", "rm", "--force", f"{kept}/web")


def files_of(engine: Engine, name: str) -> int:
    """The sum of the files of all layers, from the archive that docker writes."""
    argv = ["docker", "save", name]
    saved = subprocess.run(argv, env=engine.env, capture_output=True, check=True).stdout
    with tarfile.open(fileobj=io.BytesIO(saved)) as archive:
        manifest = json.load(archive.extractfile("manifest.json"))
        total = 0
        for path in manifest[0]["Layers"]:
            with tarfile.open(fileobj=archive.extractfile(path)) as layer:
                total += sum(member.size for member in layer if member.isreg())
    return total


def test_an_unknown_image_is_one_message(engine: Engine, tmp_path: Path) -> None:
    done = engine.imgopt("analyze", "imgopt-test/nothing:here", cwd=tmp_path)
    assert done.returncode == 3
    assert "no image 'imgopt-test/nothing:here' in the engine" in done.stderr
    assert "Traceback" not in done.stderr


PATTERNS = [
    "*\n!keep\n!src/**/*.py\n",
    "**/node_modules\n*.log\n!important.log\n",
    "src\n!src/sub\nsrc/sub/c.txt\n",
    "/src/*.py\n# comment\n\n  spaced.txt  \n",
    "src/?.py\n[ab].txt\n",
]
FILES = ["keep/a", "src/a.py", "src/b.txt", "src/sub/c.py", "src/sub/c.txt", "node_modules/x.js",
         "src/node_modules/y.js", "no.log", "important.log", "spaced.txt",
         "a.txt", "c.txt"]  # fmt: skip


@pytest.mark.parametrize("patterns", PATTERNS)
def test_dockerignore_agrees_with_what_a_build_receives(
    default_engine: Engine, tmp_path: Path, patterns: str
) -> None:
    context = tmp_path / "context"
    write(context, {name: name for name in FILES})
    (context / ".dockerignore").write_text(patterns)
    (tmp_path / "Dockerfile").write_text("FROM scratch\nCOPY . /\n")
    done = subprocess.run(
        ["docker", "buildx", "build", "-q", "--output=type=tar,dest=-", "--provenance=false",
         f"--file={tmp_path / 'Dockerfile'}", str(context)],
        env=default_engine.env, capture_output=True, check=True,
    )  # fmt: skip
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
        received = {m.name.lstrip("./") for m in archive if m.isreg()}
    ours = set(BuildContext(context, tmp_path / "Dockerfile").files)
    assert ours - {".dockerignore"} == received - {"dockerignore", ".dockerignore"}

"""What goes wrong in the middle of a run: a full disk, an engine that is gone, odd repositories."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from engine_fixtures import DOCKERFILE, Engine, git, private_engine, stop, unavailable, write

pytestmark = pytest.mark.engine
AUTHOR = ("-c", "user.name=t", "-c", "user.email=t@example.invalid")


@pytest.fixture
def small_engine(
    spare_engine: Engine, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Engine]:
    """An engine of its own whose images and cache have 60 MB of room."""
    folder = tmp_path_factory.mktemp("small")
    data = folder / "data"
    data.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=60m", "tmpfs", str(data)],
        capture_output=True,
        check=False,
    )
    if done.returncode:
        unavailable(f"a tmpfs cannot be mounted: {done.stderr.decode().strip()}")
    options = ("--name", "small", "--data-root", str(data))
    try:
        engine = private_engine(*options, "--images", "")
        archive = str(folder / "busybox.tar")
        spare_engine.docker("save", "--output", archive, "busybox:1.37")
        engine.docker("load", "--input", archive)
        yield engine
    finally:
        stop(*options)
        subprocess.run(["umount", "-l", str(data)], check=True)


def test_a_full_disk(small_engine: Engine, project: Path) -> None:
    text = DOCKERFILE.replace("RUN cat", "RUN dd if=/dev/zero of=/big bs=1M count=100 && cat")
    (project / "Dockerfile").write_text(text)
    done = small_engine.imgopt("bench", cwd=project)
    assert done.returncode == 3
    assert "Dockerfile:8: [build 7/7] RUN dd" in done.stderr
    assert "No space left on device" in done.stderr
    assert "the engine's disk may be full; see docker system df" in done.stderr
    assert "Traceback" not in done.stderr
    assert git(project, "status", "--porcelain").split() == ["M", "Dockerfile"]


def test_an_engine_that_goes_away(small_engine: Engine, project: Path) -> None:
    """What was measured before is stored; one message says what happened."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(60)
        port = server.getsockname()[1]
        wait = f"if grep -q imgopt app/main.py; then nc 127.0.0.1 {port}; fi; cat"
        (project / "Dockerfile").write_text(DOCKERFILE.replace("cat app", f"{wait} app"))
        argv = ["bench", "--runs", "1", "--network", "host"]
        process = subprocess.Popen(
            [sys.executable, "-m", "imgopt", *argv], cwd=project, env=small_engine.env,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        connection, _ = server.accept()  # the build of code-change has come to its second RUN
        with connection:
            host = small_engine.env["DOCKER_HOST"].removeprefix("unix://")
            os.kill(int((Path(host).parent / "docker.pid").read_text()), signal.SIGKILL)
            stdout, stderr = process.communicate(timeout=120)
    assert process.returncode == 3
    assert "the engine or its builder went away during the build" in stderr
    assert "not everything of this run could be removed" in stderr
    assert "the 2 samples until then are stored" in stderr
    assert "Traceback" not in stderr
    assert stdout == ""
    done = small_engine.imgopt("record", "export", cwd=project)
    assert [json.loads(x)["scenario"] for x in done.stdout.splitlines()] == ["cold", "warm"]


def test_a_build_that_fails_in_one_scenario(spare_engine: Engine, project: Path) -> None:
    held = spare_engine.state()
    text = DOCKERFILE.replace("cat app", "! grep imgopt app/main.py && cat app")
    (project / "Dockerfile").write_text(text)
    argv = ("bench", "--runs", "1", "--format", "json")
    done = spare_engine.imgopt(*argv, cwd=project)
    assert done.returncode == 3
    assert "web code-change failed" in done.stderr
    assert "service web, code-change: the build failed at Dockerfile:8" in done.stderr
    runs = [r["scenario"] for r in json.loads(done.stdout)["runs"]]
    assert runs == ["cold", "warm", "deps-change"]
    stored = spare_engine.imgopt("record", "export", cwd=project).stdout.splitlines()
    assert [json.loads(line)["scenario"] for line in stored] == runs
    done = spare_engine.imgopt(
        *argv, "--against-file", "Dockerfile", "--scenario", "code-change,warm", cwd=project
    )
    assert done.returncode == 3
    assert {r["scenario"] for r in json.loads(done.stdout)["runs"]} == {"warm"}
    assert spare_engine.state() == held


def with_submodule(root: Path) -> set[str]:
    library = root.parent / "library"
    write(library, {"lib.py": "pass\n"})
    git(library, "init", "-q")
    git(library, "add", "-A")
    git(library, *AUTHOR, "commit", "-qm", "Library")
    git(
        root,
        "-c",
        "protocol.file.allow=always",
        "submodule",
        "add",
        "-q",
        str(library),
        "app/library",
    )
    git(root, *AUTHOR, "commit", "-qm", "Add the library")
    return set()


def with_pointers(root: Path) -> set[str]:
    pointer = (
        "version https://git-lfs.github.com/spec/v1\noid sha256:" + "4d" * 32 + "\nsize 12345\n"
    )
    write(
        root, {"app/model.bin": pointer, ".gitattributes": "*.bin filter=lfs diff=lfs merge=lfs\n"}
    )
    git(root, "add", "-A")
    git(root, *AUTHOR, "commit", "-qm", "Add a model")
    return {"web: app/model.bin is a Git LFS pointer"}


def without_commit(root: Path) -> set[str]:
    git(root, "update-ref", "-d", "HEAD")
    return set()


@pytest.mark.parametrize("make", [with_submodule, with_pointers, without_commit])
def test_odd_repositories(
    spare_engine: Engine, project: Path, make: Callable[[Path], set[str]]
) -> None:
    warned = make(project)
    before = git(project, "status", "--porcelain")
    argv = ("bench", "--scenario", "cold,code-change", "--runs", "1", "--format", "json")
    done = spare_engine.imgopt(*argv, cwd=project)
    assert done.returncode == 0, done.stderr
    runs = json.loads(done.stdout)["runs"]
    assert [r["scenario"] for r in runs] == ["cold", "code-change"]
    assert all(words in done.stderr for words in warned)
    assert git(project, "status", "--porcelain") == before
    trees = git(project, "worktree", "list")
    done = spare_engine.imgopt(*argv, "--against", "HEAD", cwd=project)
    if make is without_commit:
        assert done.returncode == 2
        assert "git knows no commit 'HEAD' here" in done.stderr
    else:
        assert done.returncode == 0, done.stderr
        inputs = [s for r in json.loads(done.stdout)["runs"] for s in r["inputs"]]
        sent = [set(s["files"]) for s in inputs if s["text"].startswith("COPY app/")]
        assert all(files == sent[0] for files in sent)
        assert len(sent[0]) > 1
    assert git(project, "status", "--porcelain") == before
    assert git(project, "worktree", "list") == trees
    if make is with_submodule:
        assert len(git(project / "app/library", "worktree", "list").splitlines()) == 1

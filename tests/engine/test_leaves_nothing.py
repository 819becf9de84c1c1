"""The property that everything rests on: a run, whatever becomes of it, leaves what was there.

Random Dockerfiles, files and scenarios, that go well, fail or are interrupted, on an engine that
holds cache, images, a container and a volume of others.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from engine_fixtures import Engine, git, write
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

pytestmark = pytest.mark.engine
EXAMPLES = int(os.environ.get("IMGOPT_EXAMPLES", "4"))
AUTHOR = ("-c", "user.name=t", "-c", "user.email=t@example.invalid")
OTHERS = """\
FROM busybox:1.37
COPY app/main.py /app/main.py
RUN --mount=type=cache,target=/cache touch /cache/theirs
RUN echo theirs > /theirs
"""


@pytest.fixture(scope="module")
def others(
    spare_engine: Engine, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Engine, Path]]:
    """An engine that somebody else works with: (engine, a repository)."""
    engine, root = spare_engine, tmp_path_factory.mktemp("others")
    write(root, {
        "app/main.py": "print('hello')\n", "requirements.txt": "flask\n", "data/one": "1\n",
        "Dockerfile": OTHERS, ".dockerignore": ".git\n.imgopt\n", ".gitignore": ".imgopt/\n",
        "imgopt.toml": '[services.web]\nnetwork = "none"\n',
    })  # fmt: skip
    records = set(engine.state()[0])
    git(root, "init", "-q")
    git(root, "add", "-A")
    git(root, *AUTHOR, "commit", "-qm", "First")
    tag = "imgopt-test/others:1"
    engine.docker(
        "buildx", "build", "--quiet", "--load", "--network=none", f"--tag={tag}", str(root)
    )
    engine.docker("volume", "create", "imgopt-test-others")
    engine.docker("container", "create", "--name=imgopt-test-others", "--network=none", tag)
    yield engine, root
    engine.docker("container", "rm", "imgopt-test-others")
    engine.docker("volume", "rm", "imgopt-test-others")
    engine.docker("image", "rm", tag)
    for record in set(engine.state()[0]) - records:
        engine.docker("buildx", "prune", "--force", "--all", f"--filter=id={record}")


STEPS = (
    "COPY app/ /app/",
    "COPY requirements.txt /",
    "COPY . /all",
    "COPY --link data /data",
    "ADD data/one /added/",
    "WORKDIR /work",
    "RUN --mount=type=cache,target=/cache touch /cache/ours && cat /etc/passwd > /x",
    "RUN --mount=type=cache,id=named,sharing=locked,target=/c date > /c/now; cp /c/now /",
    "RUN --mount=type=bind,target=/src cat /src/app/main.py > /main.py",
    "RUN --mount=type=tmpfs,target=/t touch /t/x",
    "RUN echo theirs > /theirs",
    "ENV A=b",
    "USER 1000",
    "RUN exit 3",
    "RUN test ! -e /app/main.py || ! grep -q imgopt /app/main.py",
)


@st.composite
def dockerfiles(draw: st.DrawFn) -> str:
    text = OTHERS if draw(st.booleans()) else ""  # shares its cache with the others
    for number in range(draw(st.integers(1, 2))):
        base = "base" if number and draw(st.booleans()) else "busybox:1.37"
        text += f"FROM {base} AS {'base' if number == 0 else 'last'}\n"
        text += "".join(f"{step}\n" for step in draw(st.lists(st.sampled_from(STEPS), max_size=4)))
    return text


SCENARIOS = st.lists(
    st.sampled_from(["cold", "warm", "code-change", "deps-change", "base-change"]),
    min_size=1, max_size=3, unique=True,
)  # fmt: skip


@settings(
    max_examples=EXAMPLES, deadline=None, derandomize="IMGOPT_EXAMPLES" not in os.environ,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
@given(
    text=dockerfiles(),
    scenarios=SCENARIOS,
    stop_after=st.one_of(st.none(), st.integers(1, 3)),
    keep=st.booleans(),
)
def test_everything_is_as_it_was(
    others: tuple[Engine, Path], text: str, scenarios: list[str], stop_after: int | None, keep: bool
) -> None:
    engine, root = others
    (root / "Dockerfile").write_text(text)
    held, status = engine.state(), git(root, "status", "--porcelain")
    temporary = root.parent / "temporary"
    temporary.mkdir(exist_ok=True)
    argv = ["bench", "--runs", "1", "--scenario", ",".join(scenarios), "--no-history"]
    process = subprocess.Popen(
        [sys.executable, "-m", "imgopt", *argv], cwd=root,
        env={**engine.env, "TMPDIR": str(temporary)},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stderr
    said = ""
    for number, line in enumerate(process.stderr, 1):
        said += line
        if number == stop_after:
            process.send_signal(signal.SIGINT if keep else signal.SIGTERM)
    process.communicate(timeout=120)
    # A signal may also come when all is done and the interpreter is on its way out.
    assert process.returncode in (0, 3, 130, -signal.SIGINT, -signal.SIGTERM), said
    assert "Traceback" not in said
    assert "could not be removed" not in said and "could be removed" not in said
    assert engine.state() == held
    assert git(root, "status", "--porcelain") == status
    assert len(git(root, "worktree", "list").splitlines()) == 1
    # Python itself tries a file of another name there, which a signal can leave.
    assert list(temporary.glob("imgopt-*")) == []

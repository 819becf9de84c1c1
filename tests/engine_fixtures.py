"""The engines that engine tests run on, one for each image store, and a tiny project to build."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, NoReturn

import pytest
from places import ROOT

TOOL = [sys.executable, str(ROOT / "tools" / "engine")]
SPARE_IMAGES = "busybox:1.37,moby/buildkit:buildx-stable-1"
DOCKERFILE = """\
FROM busybox:1.37 AS build
COPY --chmod=755 pip /bin/pip
WORKDIR /src
COPY requirements.txt ./
RUN --mount=type=cache,target=/root/.cache/pip \\
    pip install -r requirements.txt
COPY app/ app/
RUN cat app/*.py > program

FROM busybox:1.37
WORKDIR /srv
COPY --from=build /src/program /state ./
USER 1000
"""
# Stands for a package manager: says whether its cache directory was empty.
PIP = """\
#!/bin/sh
if [ -e /root/.cache/pip/seen ]; then echo warm; else echo cold; fi > /state
touch /root/.cache/pip/seen
"""


@dataclass(frozen=True)
class Engine:
    """An engine and how to speak to it."""

    env: dict[str, str]

    def docker(self, *argv: str) -> str:
        for _ in range(3):
            done = subprocess.run(
                ["docker", *argv], env=self.env, capture_output=True, text=True, check=False
            )
            # containerd's garbage collection at times breaks the unpacking of an image.
            if not (done.returncode and "extraction snapshot" in done.stderr):
                break
        assert done.returncode == 0, done.stderr
        return done.stdout

    def imgopt(self, *argv: str, cwd: Path, **env: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "imgopt", *argv],
            cwd=cwd,
            env={**self.env, **env},
            capture_output=True,
            text=True,
            check=False,
        )

    def state(self) -> tuple[list[str], list[str], list[str], list[str]]:
        """Cache records, images, containers and volumes."""
        text = self.docker("buildx", "du", "--verbose").splitlines()
        lines = [line.split()[1] for line in text if line.startswith("ID:")]
        images = self.docker("image", "ls", "--all", "--no-trunc", "--format", "{{.ID}} {{.Tag}}")
        containers = self.docker("container", "ls", "--all", "--quiet")
        volumes = self.docker("volume", "ls", "--quiet")
        return (
            sorted(i.rstrip("*") for i in lines),
            sorted(images.splitlines()),
            sorted(containers.split()),
            sorted(volumes.split()),
        )


@lru_cache(maxsize=1)
def engine_problem() -> str:
    """Why there is no engine to test with; empty when there is one."""
    if os.environ.get("IMGOPT_NO_ENGINE"):
        return os.environ["IMGOPT_NO_ENGINE"].splitlines()[0]
    if not shutil.which("docker"):
        return "docker is not installed"
    done = subprocess.run(
        ["docker", "info", "--format", "{{.ServerVersion}}"],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode or not done.stdout.strip():
        return "no Docker engine answers; run `make test`, or `python3 tools/engine run -- pytest`"
    return ""


def unavailable(reason: str) -> NoReturn:
    """Skip what cannot be had here; where the engine is ours everything can, so it fails there."""
    if has_spare():
        pytest.fail(f"this must be possible where tools/engine runs the engine: {reason}")
    pytest.skip(reason)


def private_engine(*argv: str) -> Engine:
    """A private engine, up; `argv` are options of tools/engine."""
    if os.geteuid() != 0:
        unavailable("a private engine needs root to start")
    done = subprocess.run(
        [*TOOL, "--private", *argv, "up"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    exports = [line.removeprefix("export ") for line in done.stdout.splitlines()]
    return Engine({**os.environ, **dict(e.partition("=")[::2] for e in exports)})


def stop(*argv: str) -> None:
    """Stop the private engine of these options."""
    subprocess.run([*TOOL, *argv, "down"], capture_output=True, check=False)


@pytest.fixture(scope="session")
def default_engine() -> Engine:
    """The engine of the environment."""
    assert not engine_problem()
    return Engine(dict(os.environ))


def has_spare() -> bool:
    """Whether there may be a second engine: where the first one is ours, too."""
    return os.environ.get("DOCKER_HOST", "").endswith("/containerd/docker.sock")


@pytest.fixture(scope="session")
def spare_engine() -> Iterator[Engine]:
    """An engine for what needs no big image, so that two tests can run at a time."""
    if not has_spare():
        yield Engine(dict(os.environ))
        return
    yield private_engine("--name", "spare", "--images", SPARE_IMAGES)
    stop("--name", "spare")


@pytest.fixture(scope="session", params=["default", "classic"])
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """An engine with each image store."""
    if request.param == "classic":
        yield private_engine("--store", "classic", "--images", "busybox:1.37")
        stop("--store", "classic")
    else:
        yield Engine(dict(os.environ))


@pytest.fixture(scope="session", params=["containerd", "classic"])
def old_engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """Docker 26 with buildx 0.13, with each image store."""
    options = ("--suite", "trixie", "--store", request.param)
    yield private_engine(*options, "--images", "busybox:1.37")
    stop(*options)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project in git with one service that builds in a second."""
    write(tmp_path, {
        "Dockerfile": DOCKERFILE,
        "pip": PIP,
        "requirements.txt": "flask\n",
        "app/main.py": "print('hello')\n",
        "imgopt.toml": '[services.web]\ncontext = "."\nnetwork = "none"\n',
        ".dockerignore": ".imgopt\n.git\n",
        ".gitignore": ".imgopt/\n",
    })  # fmt: skip
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", "-A")
    git(
        tmp_path,
        "-c",
        "user.name=t",
        "-c",
        "user.email=t@example.invalid",
        "commit",
        "-qm",
        "First",
    )
    return tmp_path


def lines_that_ran(record: dict[str, Any], but: tuple[str, ...] = ("FROM",)) -> set[int]:
    """The Dockerfile lines that a build record says were not taken from the cache.

    Without FROM, which BuildKit resolves every time, and whatever instructions `but` names.
    """
    steps = record["steps"]
    return {
        s["line"] for s in steps if s["line"] and not s["cached"] and s["instruction"] not in but
    }


def write(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)


def git(root: Path, *argv: str) -> str:
    return subprocess.run(
        ["git", "-C", str(root), *argv], capture_output=True, text=True, check=True
    ).stdout


@pytest.fixture
def unchanged(engine: Engine) -> Iterator[Callable[[], None]]:
    """Asserts at the end that the engine holds exactly what it held before."""
    before = engine.state()
    yield lambda: None
    after = engine.state()
    for kind, old, new in zip(
        ("cache", "images", "containers", "volumes"), before, after, strict=True
    ):
        assert set(new) - set(old) == set(), f"left behind: {kind}"
        assert set(old) - set(new) == set(), f"lost: {kind}"

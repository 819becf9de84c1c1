"""A run that is killed with SIGKILL: the next one finds what it left, and takes nothing living."""

from __future__ import annotations

import fcntl
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from engine_fixtures import DOCKERFILE, Engine, git

pytestmark = pytest.mark.engine
AUTHOR = ("-c", "user.name=t", "-c", "user.email=t@example.invalid")


@pytest.fixture
def waiting(
    spare_engine: Engine, project: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Engine, Path, Path, socket.socket]]:
    """An engine, a project whose code changes are built until a socket is closed, a temporary
    folder, and that socket."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(120)
        port = server.getsockname()[1]
        wait = f"if grep -q imgopt app/main.py; then nc 127.0.0.1 {port}; fi; cat"
        (project / "Dockerfile").write_text(DOCKERFILE.replace("cat app", f"{wait} app"))
        (project / "app" / ".npmrc").write_text("//registry/:_authToken=secret\n")
        git(project, "add", "-A")
        git(project, *AUTHOR, "commit", "-qm", "Wait")
        folder = tmp_path_factory.mktemp("temporary")
        records = set(spare_engine.state()[0])
        engine = Engine({**spare_engine.env, "TMPDIR": str(folder)})
        yield engine, project, folder, server
        for record in set(engine.state()[0]) - records:
            engine.docker("buildx", "prune", "--force", "--all", f"--filter=id={record}")


@contextmanager
def killed(
    engine: Engine, project: Path, server: socket.socket, *argv: str
) -> Iterator[socket.socket]:
    """A run that is killed in the middle of its second build; the build goes on in the block."""
    process = subprocess.Popen(
        [sys.executable, "-m", "imgopt", "bench", "--network", "host", "--no-history", *argv],
        cwd=project, env=engine.env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    connection, _ = server.accept()
    with connection:
        process.send_signal(signal.SIGKILL)
        process.wait()
        yield connection


def wait_for_the_build(folder: Path) -> None:
    """Until the build that outlived its run has ended, which is when the lock is free."""
    for lock in folder.glob("imgopt-run-*/lock"):
        descriptor = os.open(lock, os.O_RDWR)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        os.close(descriptor)


def own_images(engine: Engine) -> list[str]:
    names = engine.docker("image", "ls", "--format", "{{.Repository}}:{{.Tag}}").split()
    return [name for name in names if name.startswith("imgopt-bench/")]


def test_the_next_run_removes_what_a_dead_one_left(
    waiting: tuple[Engine, Path, Path, socket.socket],
) -> None:
    engine, project, folder, server = waiting
    _, images, containers, volumes = engine.state()
    status = git(project, "status", "--porcelain")
    argv = ("bench", "--scenario", "warm=1", "--no-history")
    with killed(engine, project, server, "--scenario", "code-change=1"):
        left = list(folder.rglob(".npmrc"))
        assert len(left) == 1
        assert len(own_images(engine)) == 1
        done = engine.imgopt(*argv, cwd=project)  # while the dead run's build still runs
        assert done.returncode == 0, done.stderr
        assert "was killed" not in done.stderr
        assert list(folder.rglob(".npmrc")) == left
        assert len(own_images(engine)) == 1
    wait_for_the_build(folder)
    done = engine.imgopt(*argv, "-q", cwd=project)
    assert done.returncode == 0, done.stderr
    assert "a run that was killed left 2 temporary folders and 1 image; now removed" in done.stderr
    assert list(folder.glob("imgopt-*")) == []
    assert own_images(engine) == []
    assert engine.state()[1:] == (images, containers, volumes)
    assert git(project, "status", "--porcelain") == status
    assert "was killed" not in engine.imgopt(*argv, cwd=project).stderr


def test_its_checkout_goes_out_of_the_repository(
    waiting: tuple[Engine, Path, Path, socket.socket],
) -> None:
    engine, project, folder, server = waiting
    argv = ("--against", "HEAD", "--scenario", "code-change=1")
    with killed(engine, project, server, *argv):
        assert len(git(project, "worktree", "list").splitlines()) == 2
    wait_for_the_build(folder)
    done = engine.imgopt("bench", "--scenario", "warm=1", "--no-history", cwd=project)
    assert done.returncode == 0, done.stderr
    assert "a run that was killed left 4 temporary folders" in done.stderr
    assert len(git(project, "worktree", "list").splitlines()) == 1
    assert list(folder.glob("imgopt-*")) == []


def test_what_is_on_another_engine_waits_for_a_run_there(
    default_engine: Engine, waiting: tuple[Engine, Path, Path, socket.socket]
) -> None:
    engine, project, folder, server = waiting
    if engine.env.get("DOCKER_HOST") == default_engine.env.get("DOCKER_HOST"):
        pytest.skip("there is one engine only")
    with killed(engine, project, server, "--scenario", "code-change=1"):
        pass
    wait_for_the_build(folder)
    argv = ("bench", "--scenario", "warm=1", "--no-history", "-q")
    other = Engine({**default_engine.env, "TMPDIR": str(folder)})
    done = other.imgopt(*argv, cwd=project)
    assert done.returncode == 0, done.stderr
    assert "a run that was killed left 2 temporary folders; now removed" in done.stderr
    assert list(folder.rglob(".npmrc")) == []  # the copies are gone, whatever engine it is
    assert len(own_images(engine)) == 1
    done = engine.imgopt(*argv, cwd=project)
    assert "a run that was killed left 1 image; now removed" in done.stderr
    assert own_images(engine) == []
    assert list(folder.glob("imgopt-*")) == []

"""The checkout of the base, and what is left of it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from engine_fixtures import git, write
from places import ROOT

from imgopt.bench.leftovers import recover
from imgopt.formats.live import Live
from imgopt.gate.base import base_of

KILLED = """\
import os, signal, sys
from pathlib import Path
from imgopt.gate.base import base_of
with base_of(Path.cwd(), "HEAD") as base:
    print(base.checkout, flush=True)
    os.kill(os.getpid(), signal.{signal})
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "project"
    write(root, {"Dockerfile": "FROM scratch\n", "a b/ü": "x\n"})
    git(root, "init", "-q")
    git(root, "add", "-A")
    who = ("-c", "user.name=t", "-c", "user.email=t@example.invalid")
    git(root, *who, "commit", "-qm", "First")
    (tmp_path / "temp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temp"))
    return root


def run_and_end(root: Path, how: str) -> Path:
    """A process that ends in the middle of a check; the checkout that it had."""
    done = subprocess.run(
        [sys.executable, "-c", KILLED.format(signal=how)], cwd=root, capture_output=True, text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src"), "TMPDIR": str(tempfile.gettempdir())},
        check=False,
    )  # fmt: skip
    assert done.returncode in (-signal.SIGKILL, -signal.SIGINT, 1), done.stderr
    return Path(done.stdout.strip())


def test_the_base_is_there_for_the_block_alone(project: Path) -> None:
    (project / "a b" / "ü").write_text("y\n")
    (project / "new").write_text("z\n")
    with base_of(project, "HEAD") as base:
        assert (base.checkout / "a b" / "ü").read_text() == "x\n"
        assert base.changed == {str(project / "a b" / "ü"), str(project / "new")}
    assert not base.checkout.exists()
    assert list(Path(tempfile.gettempdir()).iterdir()) == []
    assert git(project, "worktree", "list").count("\n") == 1


def test_an_interrupted_check_leaves_nothing(project: Path) -> None:
    assert not run_and_end(project, "SIGINT").exists()
    assert list(Path(tempfile.gettempdir()).iterdir()) == []
    assert git(project, "worktree", "list").count("\n") == 1


def test_the_next_run_removes_what_a_killed_check_left(project: Path) -> None:
    left = run_and_end(project, "SIGKILL")
    assert left.exists()
    assert git(project, "worktree", "list").count("\n") == 2
    with Live(quiet=True) as live:
        recover("", live)
    assert not left.exists()
    assert list(Path(tempfile.gettempdir()).iterdir()) == []
    assert git(project, "worktree", "list").count("\n") == 1

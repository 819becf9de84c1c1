"""A run's folder is taken up by the next run when its process is dead, and never before."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from imgopt.bench.run_folder import PREFIX, Dead, RunFolder, State, dead_runs

KILLED = """\
import os, signal, subprocess, sys
from imgopt.bench.run_folder import RunFolder, State
folder = RunFolder(State("aaaaaaaaaaaa", "m", "imgopt-aaaaaaaaaaaa"))
(folder.path / "imgopt-context-1").mkdir()
(folder.path / "imgopt-context-1" / ".npmrc").write_text("token")
(folder.path / "imgopt-context-1" / "locked").mkdir(mode=0)
code = "import sys; print('up', flush=True); sys.stdin.read()"
held = (folder.lock,) if sys.argv[1] == "build" else ()
subprocess.Popen([sys.executable, "-c", code], pass_fds=held)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture(autouse=True)
def own_temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def killed(child: str) -> subprocess.Popen[str]:
    """A run that ended by SIGKILL, whose child goes on until its stdin is closed."""
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, child], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        text=True,
    )  # fmt: skip
    assert process.stdout
    assert process.stdout.readline() == "up\n"
    assert process.wait() == -signal.SIGKILL
    return process


def end(process: subprocess.Popen[str]) -> None:
    assert process.stdin and process.stdout
    process.stdin.close()
    process.stdout.read()  # until the child has gone, too
    process.stdout.close()


def test_a_living_run_is_left_alone(own_temporary: Path) -> None:
    folder = RunFolder(State("bbbbbbbbbbbb"))
    assert list(dead_runs()) == []
    folder.remove()
    assert list(own_temporary.iterdir()) == []


def test_a_killed_run_is_found_with_what_it_left(own_temporary: Path) -> None:
    end(killed("nothing"))
    (dead,) = dead_runs()
    assert dead.state == State("aaaaaaaaaaaa", "m", "imgopt-aaaaaaaaaaaa")
    assert [path.name for path in dead.copies] == ["imgopt-context-1"]
    dead.remove_copies()
    (dead,) = dead_runs()  # what is on its engine is still to be removed
    assert dead.copies == []
    dead.remove()
    assert list(own_temporary.iterdir()) == []


def test_a_build_that_outlives_its_run_keeps_the_folder(own_temporary: Path) -> None:
    process = killed("build")
    assert list(dead_runs()) == []
    end(process)
    assert [dead.path.name for dead in dead_runs()] == [f"{PREFIX}aaaaaaaaaaaa"]


def test_two_runs_do_not_take_up_the_same(own_temporary: Path) -> None:
    end(killed("nothing"))
    code = "from imgopt.bench.run_folder import dead_runs; print(len(list(dead_runs())))"
    for _ in dead_runs():
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        )
        assert done.stdout == "0\n"


def test_what_is_no_runs_is_left_alone(own_temporary: Path) -> None:
    elsewhere = own_temporary / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "lock").touch()
    (own_temporary / f"{PREFIX}link").symlink_to(elsewhere)
    (own_temporary / f"{PREFIX}empty").mkdir()
    (own_temporary / f"{PREFIX}file").touch()
    assert list(dead_runs()) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives folders away")
def test_a_folder_of_somebody_else_is_left_alone(own_temporary: Path) -> None:
    folder = RunFolder(State("cccccccccccc"))
    path = folder.path
    os.close(folder.lock)
    assert [dead.path for dead in dead_runs()] == [path]
    os.chown(path, 12345, 12345)
    assert list(dead_runs()) == []


def test_a_state_that_was_torn_is_no_error(own_temporary: Path) -> None:
    folder = RunFolder(State("dddddddddddd"))
    (folder.path / "run.json").write_text("{")
    os.close(folder.lock)
    found: list[Dead] = list(dead_runs())
    assert [dead.state for dead in found] == [None]

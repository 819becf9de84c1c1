"""Many files are linted in several processes, and nobody sees that in what comes out."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from imgopt.cli.selection import Problems

ONE_CORE = (
    "import os, sys; os.sched_setaffinity(0, {min(os.sched_getaffinity(0))});"
    " from imgopt.cli.main import run; run(sys.argv[1:])"
)
ALL_CORES = "import sys; from imgopt.cli.main import run; run(sys.argv[1:])"


def lint(code: str, *argv: str, cwd: Path) -> tuple[int, str, str]:
    done = subprocess.run(
        [sys.executable, "-c", code, "lint", *argv], cwd=cwd, capture_output=True, text=True,
        check=False, timeout=120,
    )  # fmt: skip
    return done.returncode, done.stdout, done.stderr


@pytest.fixture
def many(tmp_path: Path) -> Path:
    for number in range(100):
        folder = tmp_path / f"service{number:03}"
        folder.mkdir()
        text = f"FROM debian:12\nRUN apt-get update\nLABEL number={number}\n"
        (folder / "Dockerfile").write_text("BROKEN\n" if number == 50 else text)
    (tmp_path / "service010" / "compose.yaml").write_text("services: [\n")
    return tmp_path


@pytest.mark.skipif(sys.platform != "linux", reason="one process elsewhere")
def test_the_results_are_those_of_one_process(many: Path) -> None:
    one = lint(ONE_CORE, "--format", "json", cwd=many)
    assert lint(ALL_CORES, "--format", "json", cwd=many) == one
    assert one[0] == 1
    assert one[2].count("compose.yaml") == 1


@pytest.mark.skipif(sys.platform != "linux", reason="one process elsewhere")
def test_a_reader_that_goes_away_is_no_error(many: Path) -> None:
    command = f"{sys.executable} -m imgopt lint --format text | head -n 1"
    done = subprocess.run(
        ["sh", "-c", command], cwd=many, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.stdout.strip() == "service000/Dockerfile"
    assert done.stderr.count("Traceback") == 0


def test_problems_of_several_processes_are_said_once() -> None:
    first = Problems(("a: skipped",), ("/x: cannot be read (Permission denied)",))
    second = Problems(("a: skipped", "b: skipped"), ("/y: cannot be read", *first.folders))
    assert (first + second).lines == (
        "a: skipped", "b: skipped", f"{first.folders[0]}, nor can 1 other folder",
    )  # fmt: skip
    assert Problems().lines == ()

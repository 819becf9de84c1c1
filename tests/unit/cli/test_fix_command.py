from __future__ import annotations

import stat
import subprocess
import sys
from pathlib import Path

import pytest
from engine_fixtures import git

from imgopt.errors import ConfigError
from imgopt.lint.linter import write_text

TEXT = "FROM debian:12\nRUN apt-get update\nRUN apt-get install -y curl\nMAINTAINER Me\n"


def imgopt(*argv: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "imgopt", *argv],
        cwd=cwd, capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "Dockerfile").write_text(TEXT)
    return tmp_path


def test_fix_writes_and_shows_what_is_left(project: Path) -> None:
    done = imgopt("fix", cwd=project)
    text = (project / "Dockerfile").read_text()
    assert "RUN apt-get update && apt-get install -y curl" in text
    assert "LABEL org.opencontainers.image.authors" in text
    assert "--no-install-recommends" not in text
    assert done.returncode == 1
    assert "IMG302" in done.stdout
    assert "imgopt: fixed 3 findings" in done.stderr
    again = imgopt("lint", "--fix", cwd=project)
    assert (project / "Dockerfile").read_text() == text
    assert "fixed 0 findings" in again.stderr
    assert [path.name for path in project.iterdir()] == ["Dockerfile"]


def test_unsafe_fixes_are_asked_for_and_rules_chosen(project: Path) -> None:
    imgopt("fix", "--rule", "IMG608", cwd=project)
    only = TEXT.replace("MAINTAINER Me", 'LABEL org.opencontainers.image.authors="Me"')
    assert (project / "Dockerfile").read_text() == only
    imgopt("fix", "--unsafe", cwd=project)
    assert "--no-install-recommends" in (project / "Dockerfile").read_text()


def test_diff_writes_nothing_and_git_can_apply_it(project: Path) -> None:
    (project / "Dockerfile").write_text(TEXT.removesuffix("\n"))
    done = imgopt("fix", "--diff", cwd=project)
    assert done.returncode == 1
    assert (project / "Dockerfile").read_text() == TEXT.removesuffix("\n")
    assert done.stdout.startswith("--- a/Dockerfile\n+++ b/Dockerfile\n@@ ")
    git(project, "init", "-q")
    (project / "change.diff").write_text(done.stdout)
    git(project, "apply", "change.diff")
    by_git = (project / "Dockerfile").read_text()
    (project / "Dockerfile").write_text(TEXT.removesuffix("\n"))
    imgopt("fix", cwd=project)
    assert (project / "Dockerfile").read_text() == by_git
    clean = imgopt("fix", "--diff", "--rule", "IMG608", cwd=project)
    assert (clean.returncode, clean.stdout) == (0, "")


def test_mode_links_line_ends_and_bom_stay(project: Path) -> None:
    real = project / "real"
    real.mkdir()
    data = b"\xef\xbb\xbf" + TEXT.replace("\n", "\r\n").encode()
    (real / "Dockerfile").write_bytes(data)
    (real / "Dockerfile").chmod(0o640)
    (project / "Dockerfile").unlink()
    (project / "Dockerfile").symlink_to("real/Dockerfile")
    imgopt("fix", "Dockerfile", cwd=project)
    assert (project / "Dockerfile").is_symlink()
    assert stat.S_IMODE((real / "Dockerfile").stat().st_mode) == 0o640
    new = (real / "Dockerfile").read_bytes()
    assert new != data
    assert new.startswith(b"\xef\xbb\xbf")
    assert new.count(b"\n") == new.count(b"\r\n")


def test_a_dockerignore_is_written_when_asked(project: Path) -> None:
    (project / "Dockerfile").write_text("FROM debian:12\nCOPY . /app\nUSER a\n")
    (project / "node_modules").mkdir()
    (project / "node_modules" / "a.js").write_text("x")
    shown = imgopt("fix", "--unsafe", "--diff", cwd=project)
    assert "--- /dev/null\n+++ b/.dockerignore" in shown.stdout
    assert not (project / ".dockerignore").exists()
    imgopt("fix", "--unsafe", cwd=project)
    assert "**/node_modules\n" in (project / ".dockerignore").read_text()


def test_a_file_that_cannot_be_written_is_one_message() -> None:
    with pytest.raises(ConfigError, match="/proc/version: cannot write it"):
        write_text(Path("/proc/version"), "x")

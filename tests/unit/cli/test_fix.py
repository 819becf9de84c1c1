from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from engine_fixtures import git, write

from imgopt.errors import ConfigError
from imgopt.files import ChangedMeanwhile
from imgopt.lint.fixes.change import Change
from imgopt.lint.fixes.change import write as write_changes

TEXT = "FROM debian:12\nRUN apt-get update\nRUN apt-get install -y curl\nMAINTAINER Me\n"


def imgopt(*argv: str, cwd: Path, stdin: str = "", **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "imgopt", *argv],
        cwd=cwd, input=stdin, env={**os.environ, **env},
        capture_output=True, text=True, check=False,
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


def test_options_that_would_have_no_effect_are_refused(project: Path) -> None:
    for argv, words in (
        (("lint", "--rule", "IMG608"), "--rule needs --fix"),
        (("lint", "--unsafe"), "--unsafe needs --fix"),
        (("fix", "--diff", "--format", "json"), "--format has no effect"),
        (("fix", "--diff", "-o", "out"), "--output has no effect"),
        (("fix", "--diff", "--baseline", "b", "--write-baseline"), "--baseline has no effect"),
        (("fix", "-", "Dockerfile"), "cannot be combined with other paths"),
        (("fix", "-", "--format", "json"), "write --format FORMAT:FILE"),
    ):
        done = imgopt(*argv, cwd=project)
        assert done.returncode == 2, argv
        assert words in done.stderr
        assert (project / "Dockerfile").read_text() == TEXT
    assert [path.name for path in project.iterdir()] == ["Dockerfile"]


def test_stdin_is_fixed_to_stdout(project: Path) -> None:
    imgopt("fix", "Dockerfile", cwd=project)
    done = imgopt("fix", "-", "--format", "json:left.json", cwd=project, stdin=TEXT)
    assert done.stdout == (project / "Dockerfile").read_text()
    assert "<stdin>: fixed 3 findings; " in done.stderr
    left = json.loads((project / "left.json").read_text())["findings"]
    assert "IMG302" in {finding["rule"] for finding in left}
    assert done.returncode == 1
    broken = imgopt("fix", "-", cwd=project, stdin="FROM a:1\nRUNN x\n")
    assert (broken.returncode, broken.stdout) == (1, "FROM a:1\nRUNN x\n")
    shown = imgopt("fix", "-", "--diff", cwd=project, stdin=TEXT)
    assert shown.stdout.startswith("--- a/<stdin>\n+++ b/<stdin>\n@@ ")


def test_an_edit_made_meanwhile_is_kept_and_the_others_are_fixed(project: Path) -> None:
    """A stand-in for docker, which fix asks about a bake file, edits while fix works."""
    write(project, {"a/Dockerfile": TEXT, "a/docker-bake.hcl": "", "bin/docker":
                    "#!/bin/sh\necho '# mine' >> a/Dockerfile\nexit 1\n"})  # fmt: skip
    (project / "bin" / "docker").chmod(0o755)
    done = imgopt("fix", cwd=project, PATH=f"{project / 'bin'}:{os.environ['PATH']}")
    assert done.returncode == 2
    assert "a/Dockerfile: changed in the meantime, so it is not overwritten" in done.stderr
    assert (project / "a" / "Dockerfile").read_text() == TEXT + "# mine\n"
    assert "LABEL" in (project / "Dockerfile").read_text()
    assert "fixed 3 findings" in done.stderr


def test_other_hard_links_are_named(project: Path) -> None:
    (project / "other").hardlink_to(project / "Dockerfile")
    done = imgopt("fix", "Dockerfile", cwd=project)
    assert "Dockerfile: fixed, but its other hard links still have the old text" in done.stderr
    assert (project / "other").read_text() == TEXT


def test_a_file_that_cannot_be_written_is_one_message(project: Path) -> None:
    with pytest.raises(ConfigError, match="/proc/version: cannot be written"):
        change = Change(Path("/proc/version"), Path("/proc/version").read_bytes(), b"x")
        write_changes([change])


def test_a_change_is_written_only_over_what_was_read(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("a")
    (tmp_path / "b").write_text("edited")
    changes = [Change(tmp_path / "a", b"a", b"A"), Change(tmp_path / "b", b"b", b"B")]
    for before in (b"b", None):
        changes[1] = Change(tmp_path / "b", before, b"B")
        with pytest.raises(ChangedMeanwhile):
            write_changes(changes)
        assert [(tmp_path / name).read_text() for name in "ab"] == ["a", "edited"]
    assert {path.name for path in tmp_path.iterdir()} == {"a", "b"}

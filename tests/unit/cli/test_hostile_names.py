"""Names of others reach no terminal and no CI system's log as anything but text."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest
from engine_fixtures import write

EVIL = "a\x1b[31m\n::error::x\r\x9b ##[error]y"
COMMANDS = [
    ("lint", EVIL),
    ("lint", f"{EVIL}/none"),
    ("lint", "--config", f"{EVIL}/none"),
    ("lint", "--select", EVIL),
    ("lint", "--format", EVIL),
    ("lint", "--format", f"json:{EVIL}/none/x"),
    ("lint", "--changed-since", EVIL),
    ("lint", "--baseline", f"{EVIL}/none"),
    ("fix", EVIL),
    ("fix", EVIL, "--diff", "--rule", EVIL),
    ("explain", EVIL),
    ("rules", "--format", EVIL),
    ("record", "import", f"{EVIL}/none"),
    ("record", "import", f"{EVIL}/Dockerfile"),
    ("record", "export", "--history", f"sqlite:///{EVIL}/x.db"),
    ("report", "--history", EVIL),
    ("analyze", f"{EVIL}/Dockerfile"),
    ("analyze", f"./{EVIL}/none"),
    (EVIL,),
    (f"--{EVIL}",),
]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    write(tmp_path, {
        f"{EVIL}/Dockerfile": f"FROM python\nRUN echo '{EVIL}'\nRUNN {EVIL}\n",
        f"{EVIL}/Dockerfile.ok": "FROM python\nRUN pip install 'x\x1b[31m'\nMAINTAINER x\n",
    })  # fmt: skip
    return tmp_path


def imgopt(*argv: str, cwd: Path) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "imgopt", *argv], cwd=cwd, capture_output=True, check=False,
        env={**os.environ, "PATH": "/nowhere"},
    )  # fmt: skip


def assert_harmless(text: str) -> None:
    for line in text.split("\n"):
        assert line.isprintable(), repr(line)
        assert not line.lstrip().startswith("::")
        assert "##[error]" not in line


@pytest.mark.parametrize("argv", COMMANDS, ids=lambda argv: " ".join(argv)[:24].split("\x1b")[0])
def test_messages_and_text(argv: tuple[str, ...], project: Path) -> None:
    done = imgopt(*argv, cwd=project)
    if "--diff" not in argv:  # a diff has the file's own bytes, for git apply
        assert_harmless(done.stdout.decode())
    assert_harmless(done.stderr.decode())
    assert b"Traceback" not in done.stderr


@pytest.mark.parametrize("name", ["text", "json", "sarif", "gitlab", "junit", "checkstyle",
                                  "markdown"])  # fmt: skip
def test_formats(name: str, project: Path) -> None:
    done = imgopt("lint", "--format", name, cwd=project)
    assert_harmless(done.stdout.decode())
    if name == "json":
        paths = {file["path"] for file in json.loads(done.stdout)["files"]}
        assert paths == {f"{EVIL}/Dockerfile", f"{EVIL}/Dockerfile.ok"}


def test_annotations_are_one_line_each(project: Path) -> None:
    done = imgopt("lint", "--format", "github", cwd=project)
    lines = done.stdout.decode().splitlines()
    assert lines
    for line in lines:
        assert line.isprintable()
        assert line.startswith(("::error file=", "::warning file=", "::notice file="))
        assert re.match(r"::\w+ file=[^:]+::", line)
        assert "##[error]" not in line


def test_names_that_are_no_text(tmp_path: Path) -> None:
    folder = os.fsencode(tmp_path) + b"/\xff"
    Path(os.fsdecode(folder)).mkdir()
    Path(os.fsdecode(folder + b"/Dockerfile")).write_text("FROM python\n")
    for name in ("text", "json", "sarif", "gitlab", "junit", "checkstyle", "markdown", "github"):
        done = imgopt("lint", "--format", name, cwd=tmp_path)
        assert done.returncode == 1, done.stderr
        assert b"IMG501" in done.stdout


def test_a_diff_on_a_terminal_is_harmless_and_exact_elsewhere(tmp_path: Path) -> None:
    write(tmp_path, {"Dockerfile": "FROM debian:12\nMAINTAINER x\x1b[31m\n"})
    argv = [sys.executable, "-m", "imgopt", "fix", "--diff", "--rule", "IMG608"]
    main, terminal = pty.openpty()
    try:
        subprocess.run(argv, cwd=tmp_path, stdout=terminal, check=False)
        os.set_blocking(main, False)
        shown = os.read(main, 1 << 16).decode()
    finally:
        os.close(main)
        os.close(terminal)
    assert "-MAINTAINER x\N{REPLACEMENT CHARACTER}[31m" in shown
    assert "\x1b" not in shown
    assert b"-MAINTAINER x\x1b[31m\n" in imgopt(*argv[3:], cwd=tmp_path).stdout

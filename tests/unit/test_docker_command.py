"""The docker command line, with a script in its place."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from imgopt.docker import engine
from imgopt.errors import ImageError


def docker(folder: Path, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    program = folder / "docker"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")


def test_what_pads_a_saved_archive_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else docker ends by SIGPIPE, and a good archive is called a bad one."""
    docker(tmp_path, "printf archive && exec head -c 3000000 /dev/zero", monkeypatch)
    with engine.save("x") as stream:
        assert stream.read(7) == b"archive"


def test_a_save_that_fails_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    docker(tmp_path, "echo no such image >&2; exit 1", monkeypatch)
    with pytest.raises(ImageError, match="`docker save x` failed: no such image"), engine.save("x"):
        pass
    docker(tmp_path, "exit 7", monkeypatch)
    with pytest.raises(ImageError, match="failed: exit code 7"), engine.save("x"):
        pass

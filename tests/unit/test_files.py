"""Files are read when they are regular and not too big, and written whole or not at all."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from imgopt.errors import ConfigError
from imgopt.files import (
    ChangedMeanwhile,
    UnreadableFile,
    read_head,
    read_regular,
    write,
    write_all,
)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_of_the_limit_is_read_and_a_longer_one_is_not(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"x" * 2000)
    assert read_regular(file, 2000) == b"x" * 2000
    assert read_head(file, 3) == b"xxx"
    with pytest.raises(UnreadableFile, match="is larger than 1 kB, the most that is read") as told:
        read_regular(file, 1000)
    assert str(told.value) == f"{file}: {told.value.reason}"


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (os.mkdir, "is a folder"),
        (os.mkfifo, "is not a regular file"),
        (lambda path: path.symlink_to("/dev/zero"), "is not a regular file"),
        (lambda path: path.symlink_to(path), "cannot be read"),
        (lambda _path: None, "cannot be read (No such file or directory)"),
    ],
    ids=["folder", "fifo", "device", "loop", "nothing"],
)
def test_what_is_no_file_is_told_at_once(tmp_path: Path, make: object, reason: str) -> None:
    assert callable(make)
    make(tmp_path / "file")
    with pytest.raises(UnreadableFile) as told:
        read_regular(tmp_path / "file", 10)
    assert told.value.reason.startswith(reason)


def test_a_name_that_cannot_be_one_is_told(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile):
        read_regular(tmp_path / "a\0b", 10)
    with pytest.raises(UnreadableFile):
        read_regular(tmp_path / ("n" * 300), 10)


def test_a_file_keeps_its_mode_and_a_link_stays_one(tmp_path: Path) -> None:
    file, link = tmp_path / "file", tmp_path / "link"
    file.write_bytes(b"old")
    file.chmod(0o640)
    link.symlink_to(file)
    write(link, b"new")
    assert link.is_symlink()
    assert file.read_bytes() == b"new"
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert names(tmp_path) == ["file", "link"]


def test_what_cannot_be_written_leaves_all_files_as_they_were(tmp_path: Path) -> None:
    good = tmp_path / "good"
    good.write_bytes(b"old")
    with pytest.raises(ConfigError, match="nowhere/file: cannot be written"):
        write_all({good: b"new", tmp_path / "nowhere" / "file": b"new"})
    assert good.read_bytes() == b"old"
    assert names(tmp_path) == ["good"]


def test_what_was_changed_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    one.write_bytes(b"old")
    two.write_bytes(b"by another")
    with pytest.raises(ChangedMeanwhile, match="two: changed in the meantime"):
        write_all({one: b"new", two: b"new"}, {one: b"old", two: b"old"})
    with pytest.raises(ChangedMeanwhile):  # a file that should not be there
        write_all({two: b"new"}, {two: None})
    assert (one.read_bytes(), two.read_bytes()) == (b"old", b"by another")
    assert names(tmp_path) == ["one", "two"]
    write_all({one: b"new", tmp_path / "three": b"3"}, {one: b"old", tmp_path / "three": None})
    assert (one.read_bytes(), (tmp_path / "three").read_bytes()) == (b"new", b"3")


def test_a_device_is_written_to_and_not_replaced(tmp_path: Path) -> None:
    write(Path("/dev/null"), b"x")
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)
    with pytest.raises(ConfigError, match="cannot be written"):
        write(tmp_path, b"x")

"""What contexts share: folders that are read once, and listings that are made once."""

from __future__ import annotations

import os
from pathlib import Path

from imgopt.context.build_context import BuildContext
from imgopt.context.disk import Disk


def test_contexts_with_the_same_files_share_a_listing(tmp_path: Path) -> None:
    for name in ("a/b.py", "a/b-c.py", "a.py", "a/d/e.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    disk = Disk()
    one = BuildContext(tmp_path, tmp_path / "Dockerfile", disk=disk)
    two = BuildContext(tmp_path, tmp_path / "a" / "Dockerfile", disk=disk)
    assert one.listing is two.listing
    (tmp_path / ".dockerignore").write_text("a/d\n")
    three = BuildContext(tmp_path, tmp_path / "Dockerfile", disk=disk)
    assert list(three.files) == ["a.py", "a/b-c.py", "a/b.py"]
    assert three.sent_by("a") == ["a/b-c.py", "a/b.py"]
    assert three.listing.directly_in("a") == ["a/b-c.py", "a/b.py"]
    assert three.listing.top_names == ["a.py", "a"]
    assert three.size_of("a") == len("a/b-c.py") + len("a/b.py")
    assert one.sent_by("a/*") == ["a/b-c.py", "a/b.py", "a/d/e.py"]
    assert one.sent_by("[") == []


def test_what_a_function_makes_of_a_listing_is_made_once(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("")
    listing = BuildContext(tmp_path, tmp_path / "Dockerfile").listing
    calls = []
    assert [listing.once(calls.append) for _ in range(3)] == [None] * 3
    assert calls == [listing]


def test_folders_that_cannot_be_read_are_told(tmp_path: Path) -> None:
    disk = Disk()
    assert disk.entries(str(tmp_path / "nothing")) == ()
    assert disk.unreadable == []
    wrong = [str(tmp_path / ("n" * 300) / str(count)) for count in range(3)]
    for folder in wrong:
        assert disk.entries(folder) == ()
    assert [line.split(": cannot be read")[0] for line in disk.unreadable] == wrong


def test_only_what_is_sent_has_a_size(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("abc")
    (tmp_path / "link").symlink_to("nowhere")
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "folder").mkdir()
    sizes = {entry.name: entry.size_bytes for entry in Disk().entries(str(tmp_path))}
    assert sizes == {"fifo": None, "file": 3, "folder": None, "link": len("nowhere")}
    assert list(BuildContext(tmp_path, tmp_path / "Dockerfile").files) == ["file", "link"]

"""Folders and ignore files as they are on disk, each read once for all that ask in one run."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Hashable
from typing import Any, NamedTuple, TypeVar

_T = TypeVar("_T")


class Entry(NamedTuple):
    """What stands in a folder: `size_bytes` is None for a folder, and for what is never sent."""

    name: str
    is_folder: bool
    size_bytes: int | None


class Disk:
    """What was read so far; `unreadable` says of which folders it is nothing, and why."""

    def __init__(self) -> None:
        self._folders: dict[str, tuple[Entry, ...]] = {}
        self._kept: dict[Hashable, Any] = {}
        self.unreadable: list[str] = []

    def entries(self, folder: str) -> tuple[Entry, ...]:
        """A folder's entries by name; none where it cannot be read, or is none."""
        found = self._folders.get(folder)
        if found is None:
            found = self._folders[folder] = self._read(folder)
        return found

    def once(self, key: Hashable, make: Callable[[], _T]) -> _T:
        """What `make` gives, kept under a key that no other kind of thing has."""
        if key not in self._kept:
            self._kept[key] = make()
        kept: _T = self._kept[key]
        return kept

    def _read(self, folder: str) -> tuple[Entry, ...]:
        try:
            with os.scandir(folder) as scan:
                return tuple(sorted(map(_entry, scan)))
        except (FileNotFoundError, NotADirectoryError):
            return ()
        except OSError as error:
            self.unreadable.append(f"{folder}: cannot be read ({error.strerror})")
            return ()


def _entry(entry: os.DirEntry[str]) -> Entry:
    if entry.is_dir(follow_symlinks=False):
        return Entry(entry.name, True, None)
    try:
        info = entry.stat(follow_symlinks=False)
    except OSError:  # gone meanwhile
        return Entry(entry.name, False, None)
    is_sent = stat.S_ISREG(info.st_mode) or stat.S_ISLNK(info.st_mode)
    return Entry(entry.name, False, info.st_size if is_sent else None)

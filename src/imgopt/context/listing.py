"""The files that a build could send out of one folder, found once and asked often."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from functools import cached_property
from typing import Any, TypeVar

from imgopt.context.automaton import State
from imgopt.context.disk import Disk
from imgopt.context.patterns import Ignore, Place

_T = TypeVar("_T")
# Entries that are looked at, for each file that a listing may have.
_LOOKED_AT = 5


class Listing:
    """`files` maps paths, relative to the folder and in order, to sizes in bytes: regular files
    and links. `folders` are those that are sent, each before what is in it."""

    def __init__(self, disk: Disk, root: str, ignore: Ignore | None, limit: int) -> None:
        self._disk = disk
        self._root = root
        self.files: dict[str, int] = {}
        self.folders: list[str] = []
        self._made: dict[Any, Any] = {}
        self._read(ignore, limit)

    def _read(self, ignore: Ignore | None, limit: int) -> None:
        found: list[tuple[str, int]] = []
        left = limit * _LOOKED_AT
        todo: list[tuple[str, Place | None]] = [("", ignore.root if ignore else None)]
        while todo and len(found) < limit and left > 0:
            prefix, place = todo.pop()
            entries = self._disk.entries(f"{self._root}/{prefix}")
            left -= len(entries)
            for name, is_folder, size in entries:
                if is_folder:
                    inside = place.inside(name) if place else None
                    if inside is None or not inside.excluded:
                        self.folders.append(prefix + name)
                    if inside is None or not inside.excluded or inside.may_take_back:
                        todo.append((f"{prefix}{name}/", inside))
                elif size is not None and not (place and place.excludes(name)):
                    found.append((prefix + name, size))
        self.files = dict(sorted(found))
        self.folders.sort()

    @cached_property
    def paths(self) -> list[str]:
        """The paths of all files, in order."""
        return list(self.files)

    @cached_property
    def names(self) -> frozenset[str]:
        """All parts of all paths: names of files, and of the folders that they are in."""
        return frozenset(part for path in self.files for part in path.split("/"))

    @cached_property
    def top_names(self) -> list[str]:
        """The first parts of all paths, in order."""
        return list(dict.fromkeys(path.partition("/")[0] for path in self.files))

    def once(self, make: Callable[[Listing], _T]) -> _T:
        """What a function of the module level makes of the listing, worked out once."""
        if make not in self._made:
            self._made[make] = make(self)
        made: _T = self._made[make]
        return made

    def with_names(self, names: AbstractSet[str]) -> list[str]:
        """The files that have one of these names."""
        if self.names.isdisjoint(names):
            return []
        return [path for path in self.files if path.rpartition("/")[2] in names]

    def directly_in(self, folder: str) -> list[str]:
        """The files of a folder (empty: the context itself), those deeper in it left out."""
        prefix = f"{folder}/" if folder else ""
        entries = self._disk.entries(f"{self._root}/{folder}")
        return [path for entry in entries if (path := prefix + entry.name) in self.files]

    def below(self, folder: str) -> list[str]:
        """The files in a folder, at any depth."""
        first = bisect_left(self.paths, f"{folder}/")
        return self.paths[first : bisect_left(self.paths, f"{folder}0", first)]  # 0 follows /

    def matching(self, start: State) -> list[str]:
        """The files that a pattern matches, and those in folders that it matches."""
        taken: list[str] = []
        todo = [("", start)]
        while todo:
            prefix, state = todo.pop()
            for name, is_folder, _ in self._disk.entries(f"{self._root}/{prefix}"):
                path, reached = prefix + name, state.after(name)
                if reached.ends:
                    taken += self.below(path) if is_folder else [path] * (path in self.files)
                elif is_folder and (deeper := reached["/"]).nodes:
                    todo.append((f"{path}/", deeper))
        return sorted(taken)

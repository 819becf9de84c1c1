"""The table of package managers: one row each, in a file for its family; nothing else names one.

Rules, fixes and scenarios ask the row of the manager that a command is. A new manager is a new
row.
"""

from __future__ import annotations

import fnmatch
import posixpath
import re
from collections.abc import Callable, Iterable
from functools import cached_property

import msgspec

from imgopt.facts.managers import compiled, javascript, others, python, system
from imgopt.facts.managers.launchers import LAUNCHERS, Launcher
from imgopt.facts.managers.model import (
    DEPENDENCIES,
    PACKAGES,
    PROJECT,
    Action,
    Generation,
    Manager,
    Sign,
)

__all__ = ["DEPENDENCIES", "MANAGERS", "PACKAGES", "PROJECT", "Action", "Manager", "Managers"]


class Managers(msgspec.Struct, frozen=True, dict=True):
    """A table of package managers, what starts them, and the rows for some of their releases."""

    rows: tuple[Manager, ...]
    launchers: tuple[Launcher, ...] = LAUNCHERS
    generations: tuple[Generation, ...] = javascript.GENERATIONS

    def in_project(self, text: str, heads_of: Callable[[str], list[str]]) -> Managers:
        """The table for a project: `text` is its Dockerfile, `heads_of` gives the beginnings of the
        files of a name."""

        def is_there(sign: Sign) -> bool:
            texts = heads_of(sign.file) if sign.file else [text]
            return any(re.search(sign.pattern, each) for each in texts)

        chosen: dict[str, Manager] = {}
        for generation in self.generations:
            row = generation.row
            if row.name in chosen or not any(program in text for program in row.programs):
                continue
            if all(map(is_there, generation.also)) and any(map(is_there, generation.signs)):
                chosen[row.name] = row
        if not chosen:
            return self
        rows = tuple(chosen.get(row.name, row) for row in self.rows)
        return Managers(rows, self.launchers, self.generations)

    def of(self, program: str) -> Manager | None:
        """The manager that a program is."""
        if program in self._by_program:
            return self._by_program[program]
        return next((m for m in self._by_pattern if m.is_program(program)), None)

    def cleans(self, program: str, args: Iterable[str]) -> bool:
        """Whether a command takes away packages, or what a manager has downloaded."""
        manager, words = self.of(program), list(args)
        if manager is None:
            return False
        plain = " ".join((program, *(word for word in words if not word.startswith("-"))))
        return plain.startswith(manager.clean) or not set(manager.removes).isdisjoint(words)

    def is_manifest(self, path: str) -> bool:
        """Whether a file of that name is some manager's manifest or lock."""
        name = posixpath.basename(path)
        return name in self._files or self._file_pattern.match(name) is not None

    @cached_property
    def locks(self) -> frozenset[str]:
        return frozenset(lock for row in self.rows for lock in row.locks)

    @cached_property
    def folders(self) -> frozenset[str]:
        """Names of folders that installs may need beside the manifests."""
        return frozenset(folder for row in self.rows for folder in row.folders)

    @cached_property
    def written(self) -> tuple[str, ...]:
        """Names of folders of a project that installs write."""
        found = (name for row in self.rows for name in (*row.lands.places, *row.lands.beside))
        return tuple(dict.fromkeys(name for name in found if not name.startswith("/")))

    @cached_property
    def build_files(self) -> tuple[str, ...]:
        """Manifests that also say which files a build takes."""
        return tuple(dict.fromkeys(name for row in self.rows for name in row.build_files))

    @cached_property
    def script_launchers(self) -> tuple[str, ...]:
        """Programs that start a command of an installed package."""
        found = (name for row in self.rows if row.scripts for name in row.scripts.launchers)
        return tuple(dict.fromkeys(found))

    @cached_property
    def system_programs(self) -> frozenset[str]:
        """The programs of the distributions' own managers."""
        return frozenset(p for row in self.rows if row.system for p in row.programs)

    @cached_property
    def _by_program(self) -> dict[str, Manager]:
        return {program: row for row in self.rows for program in row.programs}

    @cached_property
    def _by_pattern(self) -> tuple[Manager, ...]:
        return tuple(row for row in self.rows if row.program_pattern)

    @cached_property
    def _files(self) -> frozenset[str]:
        return frozenset(p for row in self.rows for p in (*row.manifests, *row.locks))

    @cached_property
    def _file_pattern(self) -> re.Pattern[str]:
        patterns = sorted(p for p in self._files if any(sign in p for sign in "*?["))
        return re.compile("|".join(map(fnmatch.translate, patterns)) or r"(?!)")


MANAGERS = Managers((*python.ROWS, *javascript.ROWS, *compiled.ROWS, *others.ROWS, *system.ROWS))

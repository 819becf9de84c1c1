"""Programs that start a package manager: `python -m pip`, `corepack yarn`."""

from __future__ import annotations

import re

import msgspec


class Launcher(msgspec.Struct, frozen=True):
    """`pattern` names the program; the manager's name comes behind the words `before`."""

    pattern: str
    before: tuple[str, ...] = ()

    def skips(self, program: str, args: list[str]) -> int:
        """How many words stand before the manager's name, 0 where this starts none."""
        count = len(self.before)
        if len(args) <= count or tuple(args[:count]) != self.before:
            return 0
        return count + 1 if re.fullmatch(self.pattern, program) else 0


LAUNCHERS = (
    Launcher(r"python(\d(\.\d+)?)?|pypy3?", ("-m",)),
    Launcher("corepack"),
)

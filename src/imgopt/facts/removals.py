"""Which packages of an install later commands of the same RUN take away again."""

from __future__ import annotations

from itertools import pairwise

from imgopt.facts.installs import Install
from imgopt.facts.packages import METAPACKAGES, package_name
from imgopt.facts.steps import Step

# Subcommands of the system's managers that remove.
_REMOVING = frozenset({"purge", "remove", "autoremove", "del", "erase", "rm"})
# Words for a removal of what nothing needs any more, too.
_CLEANING = frozenset({"autoremove", "--auto-remove", "--autoremove"})
# What lets such a removal take all that was installed by hand.
_ALL_AUTOMATIC = ("apt-mark auto", "history undo", "history rollback")


class Removals:
    """What the commands of a RUN take away of what earlier ones of it installed."""

    def __init__(self, step: Step) -> None:
        self._commands = step.commands
        self._removing = [
            (position, frozenset(command.args))
            for position, command in enumerate(step.commands)
            if not _REMOVING.isdisjoint(command.args)
        ]
        self._takes_all = any(text in c.text for c in step.commands for text in _ALL_AUTOMATIC)

    def remaining(self, packages: list[str], install: Install) -> list[str]:
        """The packages that stay behind the RUN."""
        if self._takes_all:
            return []
        words = self._words_behind(install)
        if _groups(install.command.args) & words or any("$" in w or "*" in w for w in words):
            return []
        gone = {package_name(word) for word in words}
        if not words & _CLEANING:
            gone -= METAPACKAGES.get(install.manager.name, frozenset())
        return [package for package in packages if package_name(package) not in gone]

    def hollow(self, packages: list[str], install: Install) -> list[str]:
        """The packages that the RUN removes, while those that they stand for stay."""
        words = self._words_behind(install)
        return [package for package in self.remaining(packages, install) if package in words]

    def _words_behind(self, install: Install) -> frozenset[str]:
        """The words of the removing commands behind an install."""
        own = self._commands.index(install.command)
        return frozenset().union(*(args for position, args in self._removing if position > own))


def _groups(args: tuple[str, ...]) -> set[str]:
    """The names of apk's virtual packages that an install makes."""
    named = {w.partition("=")[2] for w in args if w.startswith("--virtual=")}
    return named | {after for w, after in pairwise(args) if w in ("-t", "--virtual")}

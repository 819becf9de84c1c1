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


def remaining(packages: list[str], install: Install, step: Step) -> list[str]:
    """The packages that stay behind the RUN."""
    behind = step.commands[step.commands.index(install.command) + 1 :]
    if any(text in c.text for c in step.commands for text in _ALL_AUTOMATIC):
        return []
    words = {w for c in behind if _REMOVING & set(c.args) for w in c.args}
    if _groups(install.command.args) & words or any("$" in w or "*" in w for w in words):
        return []
    gone = {package_name(word) for word in words}
    if not words & _CLEANING:
        gone -= METAPACKAGES.get(install.manager.name, frozenset())
    return [package for package in packages if package_name(package) not in gone]


def hollow(packages: list[str], install: Install, step: Step) -> list[str]:
    """The packages that the RUN removes, while those that they stand for stay."""
    behind = step.commands[step.commands.index(install.command) + 1 :]
    words = {w for c in behind if _REMOVING & set(c.args) for w in c.args}
    return [package for package in remaining(packages, install, step) if package in words]


def _groups(args: tuple[str, ...]) -> set[str]:
    """The names of apk's virtual packages that an install makes."""
    named = {w.partition("=")[2] for w in args if w.startswith("--virtual=")}
    return named | {after for w, after in pairwise(args) if w in ("-t", "--virtual")}

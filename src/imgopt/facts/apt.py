"""Facts about apt alone: the lists that `apt-get update` fetches, and who uses them."""

from __future__ import annotations

from imgopt.dockerfile.shell import Command
from imgopt.facts.managers.system import APT
from imgopt.facts.steps import Step

LISTS = "/var/lib/apt/lists"
_UPGRADES = frozenset({"upgrade", "dist-upgrade", "full-upgrade"})
_CLEANS_ALL = frozenset({"distclean", "dist-clean"})


def is_apt(command: Command) -> bool:
    return APT.is_program(command.name)


def updates(step: Step) -> list[Command]:
    """The `apt-get update`s of a RUN."""
    return [c for c in step.commands if is_apt(c) and "update" in c.args]


def installs_with_apt(step: Step) -> bool:
    return any(install.manager.name == APT.name for install in step.installs)


def upgrades(step: Step) -> bool:
    """Whether a RUN brings what is installed to its newest release."""
    return any(is_apt(c) and not _UPGRADES.isdisjoint(c.args) for c in step.commands)


def uses_lists(step: Step) -> bool:
    """Whether a RUN installs with apt and relies on lists that an earlier one fetched."""
    return installs_with_apt(step) and not updates(step)


def deletes_lists(command: Command) -> bool:
    """Whether a command of apt's own takes the lists away."""
    return is_apt(command) and not _CLEANS_ALL.isdisjoint(command.args)

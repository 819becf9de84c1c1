"""IMG303: a package manager's download cache stays in a layer of the image."""

from __future__ import annotations

import re
from collections.abc import Iterator

from imgopt.dockerfile.shell import Command
from imgopt.facts.caches import cache_directory, is_told_not_to_cache, removals
from imgopt.facts.consumers import later_steps
from imgopt.facts.copies import below
from imgopt.facts.downloads import is_offline, is_told_offline
from imgopt.facts.file import FileFacts
from imgopt.facts.installs import Install, new_ones_first
from imgopt.facts.managers.caching import Kept
from imgopt.facts.managers.model import Manager
from imgopt.facts.steps import StageFacts, Step
from imgopt.lint.finding import Edit, Finding, Fix, Safety, Severity
from imgopt.lint.fixes.cache_mounts import mount_fix
from imgopt.lint.fixes.edits import Edits, add_words, append_command, remove_command, safe
from imgopt.lint.rule import Rule

_CLEANING = ("cache clean", "cache purge", "cache clear")  # of whatever program
_IN_MEMORY = ("/tmp", "/dev/shm")


class PackageCacheKept(Rule):
    id = "IMG303"
    name = "package-cache-kept"
    severity = Severity.WARNING
    fixable = Safety.SAFE
    summary = "A package manager's download cache stays in the image"

    def check_stage(self, stage: StageFacts, facts: FileFacts) -> Iterator[Finding]:
        if not facts.in_production(stage):
            return
        for step in stage.runs():
            seen: set[str] = set()
            for install in new_ones_first(step.installs):
                name, kept = install.manager.name, install.manager.kept
                if kept is None or name in seen or not _keeps_cache(install, step):
                    continue
                seen.add(name)
                message = f"{name}'s {kept.what} stays in this layer. Use {kept.hint}."
                mend = mount_fix(install, step, stage, facts)
                mend = mend or _without_cache(install.manager, kept, step, stage, facts)
                yield self.finding(facts, install.command.span, message, stage.label, mend)
            for manager, kept, command in _refreshes(step, facts):
                if manager.name not in seen:
                    seen.add(manager.name)
                    message = (
                        f"{manager.name}'s {kept.what} stays in this layer. An install with "
                        f"{kept.flag} needs no `{manager.name} {kept.refresh}`: leave it out."
                    )
                    mend = _without_cache(manager, kept, step, stage, facts)
                    yield self.finding(facts, command.span, message, stage.label, mend)


def _keeps_cache(install: Install, step: Step) -> bool:
    if is_told_not_to_cache(install, step) or _fetches_nothing(install):
        return False
    directory = cache_directory(install, step)
    if directory.startswith(_IN_MEMORY) and removals(step, directory):
        return False
    places = (directory, *install.manager.possible_caches())
    return not (_is_mounted(places, step) or _is_cleaned(install, places, step))


def _fetches_nothing(install: Install) -> bool:
    """Whether there is nothing to keep; for local packages, a system's manager has its lists all
    the same."""
    return is_told_offline(install) or (not install.manager.system and is_offline(install))


def _is_mounted(places: tuple[str, ...], step: Step) -> bool:
    """Whether a mount is on, above or in one of these directories, the first in any home; a
    target that a variable hides may be anywhere."""
    tail = "/" + re.sub(r"^(~|/root)/", "", places[0]).strip("/")
    for mount in step.caching_mounts():
        target = step.resolve(mount.target)
        if target is None or (tail != "/" and target.rstrip("/").endswith(tail)):
            return True
        if any(below(place, target) or below(target, place) for place in places):
            return True
    return False


def _is_cleaned(install: Install, places: tuple[str, ...], step: Step) -> bool:
    """Whether the RUN itself empties the cache behind the install."""
    position = next(i for i, c in enumerate(step.commands) if c is install.command)
    return _is_emptied(install.manager, places, position, step)


def _is_emptied(manager: Manager, places: tuple[str, ...], position: int, step: Step) -> bool:
    """Whether a command behind the one at a position empties a manager's cache."""
    behind = [command.plain for command in step.commands[position + 1 :]]
    if any(text.startswith(manager.clean) for text in behind):
        return True
    if any(words in text for text in behind for words in _CLEANING):
        return True
    return any(index > position for place in places for index in removals(step, place))


def _refreshes(step: Step, facts: FileFacts) -> Iterator[tuple[Manager, Kept, Command]]:
    """The commands of a RUN that fetch what a manager keeps, and leave it in the layer."""
    for index, command in enumerate(step.commands):
        manager = facts.managers.of(command.name)
        kept = manager.kept if manager else None
        if manager is None or kept is None or not kept.refresh:
            continue
        if kept.refresh not in command.args or kept.flag in command.args:
            continue
        places = manager.possible_caches()
        if not (_is_mounted(places, step) or _is_emptied(manager, places, index, step)):
            yield manager, kept, command


def _without_cache(
    manager: Manager, kept: Kept, step: Step, stage: StageFacts, facts: FileFacts
) -> Fix | None:
    """Keep no cache where no cache mount is certain."""
    if kept.flag:
        parts: list[Edits | Edit | None] = [
            add_words(install.command, kept.flag, install.position)
            for install in step.installs
            if install.manager is manager and not is_told_not_to_cache(install, step)
        ]
        refreshes = [c for m, _, c in _refreshes(step, facts) if m is manager]
        if refreshes and _is_relied_on(manager, step, stage, facts):
            return None
        parts += [remove_command(facts.file, step, command) for command in refreshes]
        return safe(f"use {kept.flag}", *parts)
    if kept.command:
        text = kept.command
        return safe(f"end the RUN with `{text}`", append_command(facts.file, step, text))
    return None


def _is_relied_on(manager: Manager, step: Step, stage: StageFacts, facts: FileFacts) -> bool:
    """Whether an install in a later RUN takes what this one has fetched."""
    return any(
        install.manager is manager and not is_told_not_to_cache(install, other)
        for other in later_steps(step, stage, facts)
        for install in other.installs
    )

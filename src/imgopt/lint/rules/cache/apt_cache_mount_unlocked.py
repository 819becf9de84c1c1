"""IMG105: an apt cache mount that two builds may write at once."""

from __future__ import annotations

from collections.abc import Iterator

from imgopt.facts.copies import below
from imgopt.facts.file import FileFacts
from imgopt.facts.managers import Manager
from imgopt.facts.steps import StageFacts, Step
from imgopt.lint.finding import Finding, Safety, Severity
from imgopt.lint.fixes.edits import safe, set_mount_options, unsafe
from imgopt.lint.rule import Rule

_ALONE = ("locked", "private")  # the modes in which no two builds write at once


class AptCacheMountUnlocked(Rule):
    id = "IMG105"
    name = "apt-cache-mount-unlocked"
    severity = Severity.WARNING
    fixable = Safety.SAFE
    summary = "An apt cache mount without sharing=locked"

    def check_stage(self, stage: StageFacts, facts: FileFacts) -> Iterator[Finding]:
        for step in stage.runs():
            locking = _locking(step, facts)
            for mount in step.mounts if locking else ():
                target = step.resolve(mount.target)
                if mount.type != "cache" or not target:
                    continue
                manager = next((m for m in locking if _keeps_in(m, target)), None)
                if manager and mount.options.get("sharing") not in _ALONE:
                    wanted = manager.cache.sharing
                    message = (
                        f"{manager.name} locks {target}: of two builds at once, one fails. Add "
                        f"sharing={wanted}."
                    )
                    options, make = {"sharing": wanted}, safe
                    wide, what = manager.cache.too_wide
                    if target.rstrip("/") == wide and (cache := _part_of(manager, wide)):
                        message += f" Mount {cache}: {wide} also holds {what}."
                        options["target"], make = cache, unsafe
                    edit = set_mount_options(step, mount.target, options)
                    mend = make(f"add sharing={wanted}", edit)
                    yield self.finding(facts, mount.flag.span, message, stage.label, mend)


def _locking(step: Step, facts: FileFacts) -> list[Manager]:
    """The managers among a RUN's commands that lock their cache."""
    managers = (facts.managers.of(command.name) for command in step.commands)
    return [m for m in managers if m and m.cache.sharing]


def _keeps_in(manager: Manager, target: str) -> bool:
    cache = manager.cache
    return target.rstrip("/") == cache.too_wide[0] or any(
        below(target, place.path) for place in cache.places
    )


def _part_of(manager: Manager, folder: str) -> str:
    """The cache directory of a manager that is in a folder; empty without one."""
    return next((p.path for p in manager.cache.places if below(p.path, folder)), "")

"""IMG301: the package lists of apt stay in a layer of the image."""

from __future__ import annotations

from collections.abc import Iterator

from imgopt.dockerfile.shell import Command
from imgopt.facts.apt import LISTS, deletes_lists, updates, uses_lists
from imgopt.facts.commands import inherits
from imgopt.facts.copies import below
from imgopt.facts.file import FileFacts
from imgopt.facts.steps import StageFacts, Step
from imgopt.lint.finding import Finding, Safety, Severity
from imgopt.lint.fixes.edits import append_command, safe
from imgopt.lint.rule import Rule


class AptListsKept(Rule):
    id = "IMG301"
    name = "apt-lists-kept"
    severity = Severity.WARNING
    fixable = Safety.SAFE
    summary = "apt's package lists stay in the image"

    def check_stage(self, stage: StageFacts, facts: FileFacts) -> Iterator[Finding]:
        if not facts.in_final(stage):
            return
        for step in stage.runs():
            found = updates(step)
            if not found or _on_a_mount(step) or _removed_behind(found[-1], step):
                continue
            message = (
                f"apt's package lists stay in this layer. End the RUN with "
                f"`rm -rf {LISTS}/*`, or put a cache mount on {LISTS}."
            )
            mend = None
            if not _lists_are_used_later(step, stage, facts):
                edit = append_command(facts.file, step, f"rm -rf {LISTS}/*")
                mend = safe("delete the lists at the RUN's end", edit)
            yield self.finding(facts, found[-1].span, message, stage.label, mend)


def _lists_are_used_later(step: Step, stage: StageFacts, facts: FileFacts) -> bool:
    """Whether another RUN installs from these lists, or may: one that cannot be read."""
    key = ("lists used", stage.stage.index)
    return step.index < facts.once(key, lambda: _last_use(stage, facts))


def _last_use(stage: StageFacts, facts: FileFacts) -> int:
    """The index of the last RUN that may use lists of an earlier one; -1 for none."""
    last = -1
    for other in (stage, *inherits(stage, facts)):
        for step in other.runs():
            if uses_lists(step) or not (step.script and step.script.ok):
                last = step.index if other is stage else len(stage.steps)
    return last


def _on_a_mount(step: Step) -> bool:
    for mount in step.caching_mounts():
        target = step.resolve(mount.target)
        if target is None or below(LISTS, target):
            return True
    return False


def _removed_behind(update: Command, step: Step) -> bool:
    behind = False
    for command in step.commands:
        behind = behind or command is update
        if not behind:
            continue
        if command.name in ("rm", "find") and any(
            _covers_lists(w, step, command) for w in command.args
        ):
            return True
        if deletes_lists(command):
            return True
    return False


def _covers_lists(word: str, step: Step, command: Command) -> bool:
    path = word.split("{")[0].rstrip("*").rstrip("/")
    if path.startswith(LISTS) or path in ("/var/lib/apt", "/var/lib"):
        return True
    return LISTS in word or (command.cwd or "").startswith(LISTS)

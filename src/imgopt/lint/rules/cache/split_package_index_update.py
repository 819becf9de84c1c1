"""IMG108: `apt-get update` in another RUN than the install that uses it."""

from __future__ import annotations

from collections.abc import Iterator

from imgopt.dockerfile.shell import Command
from imgopt.facts.apt import (
    LISTS,
    are_inherited,
    are_on_a_mount,
    are_removed_behind,
    is_apt,
    last_unread,
    updates,
    users_of_lists,
)
from imgopt.facts.file import FileFacts
from imgopt.facts.managers.system import APT
from imgopt.facts.steps import StageFacts, Step
from imgopt.lint.finding import Edit, Finding, Fix, Safety, Severity
from imgopt.lint.fixes.edits import append_command, prepend_command, remove_command, safe
from imgopt.lint.rule import Rule


class SplitPackageIndexUpdate(Rule):
    id = "IMG108"
    name = "split-package-index-update"
    severity = Severity.WARNING
    summary = "apt-get update runs in a different RUN than the install that uses it"
    fixable = Safety.SAFE

    def check_stage(self, stage: StageFacts, facts: FileFacts) -> Iterator[Finding]:
        for step in stage.runs():
            found = updates(step)
            if not found or are_on_a_mount(step) or are_removed_behind(found[-1], step):
                continue
            users = [user for user in users_of_lists(step, stage) if not are_on_a_mount(user)]
            if not users:
                continue
            line = users[0].instruction.line
            message = (
                f"the package index is fetched here and used by the install in line {line}: "
                f"BuildKit caches this line forever, so a later install uses an old index and "
                f"fails or installs old packages. Put both into one RUN."
            )
            mend = _fix(found, step, users, stage, facts)
            yield self.finding(facts, found[0].span, message, stage.label, mend)


def _fix(
    found: list[Command], step: Step, users: list[Step], stage: StageFacts, facts: FileFacts
) -> Fix | None:
    update = found[0]
    if last_unread(stage, facts) >= 0 or are_inherited(stage, facts) or step.mounts:
        return None
    words = [w.value for w in update.argv if not w.value.startswith("-")]
    if words[1:] != ["update"] or any(w.dynamic for w in update.argv):
        return None
    edits: list[Edit | None] = [prepend_command(facts.file, s, update.text) for s in users]
    if None in edits or "\n" in update.text:
        return None
    # An upgrade or an install of its own needs the index where it is.
    needs_it = any(is_apt(c) and c is not update and "update" not in c.args for c in step.commands)
    keeps = needs_it and not _only_cleans(step)
    cut = () if keeps else remove_command(facts.file, step, update)
    if facts.in_final(stage):
        # Those but the last would leave lists of their own in the image.
        fetching = [*([step] if keeps else ()), *users[:-1]]
        edits += [append_command(facts.file, s, f"rm -rf {LISTS}/*") for s in fetching]
        if None in edits:
            return None
    return safe("fetch the index in the RUN that installs", cut, *edits)


def _only_cleans(step: Step) -> bool:
    """Whether apt's other commands in a RUN take away, and need no index."""
    others = [c for c in step.commands if is_apt(c) and "update" not in c.args]
    return all(not set(APT.removes).isdisjoint(c.args) for c in others)

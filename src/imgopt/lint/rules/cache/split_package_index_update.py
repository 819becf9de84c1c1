"""IMG108: `apt-get update` in another RUN than the install that uses it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator

from imgopt.dockerfile.shell import Command
from imgopt.facts.apt import installs_with_apt, updates, upgrades, uses_lists
from imgopt.facts.commands import inherits
from imgopt.facts.file import FileFacts
from imgopt.facts.steps import StageFacts, Step
from imgopt.lint.finding import Edit, Finding, Fix, Safety, Severity
from imgopt.lint.fixes.edits import prepend_command, remove_command, safe
from imgopt.lint.rule import Rule


class SplitPackageIndexUpdate(Rule):
    id = "IMG108"
    name = "split-package-index-update"
    severity = Severity.WARNING
    summary = "apt-get update runs in a different RUN than the install that uses it"
    fixable = Safety.SAFE

    def check_stage(self, stage: StageFacts, facts: FileFacts) -> Iterator[Finding]:
        every = [s for s in stage.runs() if s.script and s.script.ok and uses_lists(s)]
        for step in stage.runs() if every else ():
            found = updates(step)
            if not found or upgrades(step) or installs_with_apt(step):
                continue
            update = found[0]
            users = every[bisect_right(every, step.index, key=lambda s: s.index) :]
            if not users:
                continue
            line = users[0].instruction.line
            message = (
                f"the package index is fetched here and used by the install in line {line}: "
                f"BuildKit caches this line forever, so a later install uses an old index and "
                f"fails or installs old packages. Put both into one RUN."
            )
            mend = _fix(update, step, users, stage, facts)
            yield self.finding(facts, update.span, message, stage.label, mend)


def _fix(
    update: Command, step: Step, users: list[Step], stage: StageFacts, facts: FileFacts
) -> Fix | None:
    if step.mounts or not _is_plain(update) or _uses_elsewhere(stage, facts):
        return None
    edits: list[Edit | None] = [prepend_command(facts.file, s, update.text) for s in users]
    if None in edits:
        return None
    cut = remove_command(facts.file, step, update)
    return safe("fetch the index in the RUN that installs", cut, *edits)


def _is_plain(update: Command) -> bool:
    """Whether an update is one line that means the same in another RUN."""
    words = [w.value for w in update.argv if not w.value.startswith("-")]
    if "\n" in update.text or any(w.dynamic for w in update.argv):
        return False
    return words[1:] == ["update"]


def _uses_elsewhere(stage: StageFacts, facts: FileFacts) -> bool:
    """Whether a RUN that cannot be read, or one of a stage built FROM this one, may use the
    lists."""
    if any(not (s.script and s.script.ok) for s in stage.runs()):
        return True
    return any(uses_lists(s) for other in inherits(stage, facts) for s in other.runs())

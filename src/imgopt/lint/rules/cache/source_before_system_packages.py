"""IMG107: source is copied before system packages are installed."""

from __future__ import annotations

from collections.abc import Iterator

from imgopt.facts.commands import sees_only
from imgopt.facts.copies import broad_source
from imgopt.facts.file import FileFacts
from imgopt.facts.steps import StageFacts, Step
from imgopt.lint.finding import Finding, Safety, Severity
from imgopt.lint.fixes.reorder import behind_if_free
from imgopt.lint.rule import Rule


class SourceBeforeSystemPackages(Rule):
    id = "IMG107"
    name = "source-before-system-packages"
    severity = Severity.WARNING
    summary = "Source is copied before system packages are installed"
    fixable = Safety.UNSAFE

    def check_stage(self, stage: StageFacts, facts: FileFacts) -> Iterator[Finding]:
        if stage.stage.index not in facts.needed:
            return
        broad: list[tuple[Step, str]] = []
        for step in stage.steps:
            if step.copy and (source := broad_source(step.copy, facts.context, facts.managers)):
                broad.append((step, source))
            if not broad or not any(i.manager.system for i in step.installs):
                continue
            first, source = broad[0]
            targets = tuple(s.copy.target or "/" for s, _ in broad if s.copy)
            if not sees_only(step, targets, facts.managers):
                continue
            line = step.instruction.line
            message = (
                f"{first.instruction.keyword} {source} comes before the system packages of line "
                f"{line}, which do not use it: any file change reinstalls them. Install "
                f"them first."
            )
            mend = behind_if_free(_moving(broad, step, stage), step, stage, facts)
            yield self.finding(facts, first.instruction.span, message, stage.label, mend)
            return


def _moving(broad: list[tuple[Step, str]], step: Step, stage: StageFacts) -> list[Step]:
    """The COPYs before an install that change with the source: those of source, and of what other
    stages make of it."""
    sources = {other.index for other, _ in broad}
    return [
        other
        for other in stage.steps[: step.index]
        if other.index in sources
        or (other.copy and other.copy.from_ and other.copy.from_.stage is not None)
    ]

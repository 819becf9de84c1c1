"""IMG112: a COPY that could be independent of the base has no --link."""

from __future__ import annotations

from collections.abc import Iterator

from imgopt.facts.file import FileFacts
from imgopt.facts.plain_folders import are_plain
from imgopt.facts.steps import StageFacts, Step
from imgopt.lint.finding import Finding, Safety, Severity
from imgopt.lint.fixes.edits import add_flag, safe
from imgopt.lint.rule import Rule


class CopyLink(Rule):
    id = "IMG112"
    name = "copy-link"
    severity = Severity.INFO
    summary = "COPY without --link, though no later RUN touches the files"
    recommended = False
    fixable = Safety.SAFE

    def check_stage(self, stage: StageFacts, facts: FileFacts) -> Iterator[Finding]:
        if not facts.in_final(stage) or not _syntax_knows_link(facts):
            return
        last_run = max((s.index for s in stage.runs()), default=-1)
        for step in stage.steps:
            copy = step.copy
            if copy is None or copy.target is None or step.instruction.keyword != "COPY":
                continue
            if step.instruction.flag("link") is not None or step.instruction.heredocs:
                continue
            if step.index < last_run or not _may_change_below(step, stage, facts):
                continue
            if not are_plain(step, stage, facts):
                continue
            message = (
                "when what lies below changes, this COPY is done again, though its files are the "
                "same. --link makes a layer that does not depend on it."
            )
            mend = safe("add --link", add_flag(step.instruction, "--link"))
            yield self.finding(facts, step.instruction.span, message, stage.label, mend)


def _syntax_knows_link(facts: FileFacts) -> bool:
    for directive in facts.file.directives:
        if directive.name == "syntax":
            tag = directive.value.partition("@")[0].rpartition(":")[2]
            parts = tag.split("-")[0].split(".")
            if all(p.isdecimal() for p in parts):
                return parts == ["1"] or tuple(map(int, parts)) >= (1, 4)
            return tag.startswith("labs") or tag == "latest"
    return False


def _may_change_below(step: Step, stage: StageFacts, facts: FileFacts) -> bool:
    """Whether a line before this one writes, or the base image may be another one tomorrow."""
    base = facts.base_of(stage)
    if not base.is_scratch and not base.digest:
        return True
    before = facts.steps_before(stage, step)
    return any(s.instruction.keyword in ("RUN", "COPY", "ADD", "WORKDIR") for s in before)

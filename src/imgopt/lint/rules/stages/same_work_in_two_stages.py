"""IMG205: the same costly RUN from the same base in two stages."""

from __future__ import annotations

from collections.abc import Iterator

from imgopt.dockerfile.keywords import CONFIGURATION
from imgopt.facts.file import FileFacts
from imgopt.facts.steps import StageFacts, Step
from imgopt.lint.finding import Finding, Severity
from imgopt.lint.rule import Rule


class SameWorkInTwoStages(Rule):
    id = "IMG205"
    name = "same-work-in-two-stages"
    severity = Severity.INFO
    summary = "Two stages run the same costly RUN on the same base"

    def check_file(self, facts: FileFacts) -> Iterator[Finding]:
        seen: dict[tuple[str, str], tuple[StageFacts, Step, int]] = {}
        prefixes: dict[tuple[int, str], int] = {}
        for stage in facts.stages:
            base = stage.stage.base
            if stage.stage.index not in facts.needed or base.stage is not None or not base.text:
                continue
            # What goes into a step's cache key from the stage's lines before it, as a number.
            prefix = 0
            for step in stage.steps:
                before = prefix
                if step.instruction.keyword not in CONFIGURATION:
                    prefix = prefixes.setdefault((prefix, _normal(step)), len(prefixes) + 1)
                if not any(i.manager.system or i.files for i in step.installs):
                    continue
                key = (base.text, _normal(step))
                first = seen.get(key)
                if first is None:
                    seen[key] = (stage, step, before)
                elif first[0] is not stage and first[2] != before:
                    # With the same steps before it, BuildKit runs it once by itself.
                    message = (
                        f"line {first[1].instruction.line} in {first[0].label} does the same on "
                        f"the same base, and BuildKit runs both, since other lines come before "
                        f"them. Put it into a stage that both are built FROM."
                    )
                    yield self.finding(facts, step.instruction.span, message, stage.label)


def _normal(step: Step) -> str:
    heredocs = "".join(h.content for h in step.instruction.heredocs)
    return " ".join((step.instruction.text + heredocs).split())

"""IMG210: the last stage is one for development or tests, and no target is configured."""

from __future__ import annotations

from collections.abc import Iterator

from imgopt.facts.file import FileFacts
from imgopt.facts.purpose import is_development_name, is_production_name
from imgopt.facts.steps import StageFacts
from imgopt.lint.finding import Finding, Severity
from imgopt.lint.rule import Rule


class FinalStageIsNotProduction(Rule):
    id = "IMG210"
    name = "final-stage-is-not-production"
    severity = Severity.WARNING
    summary = "The last stage is for development or tests, and no target is configured"

    def check_file(self, facts: FileFacts) -> Iterator[Finding]:
        stages = facts.graph.stages
        last = stages[-1]
        if facts.targets or len(stages) < 2 or not is_development_name(last.name):
            return
        if facts.is_for_development or not facts.around.targets_are_known:
            return
        others = [stage for stage in facts.stages[:-1] if _may_be_production(stage)]
        if not others or facts.around.is_chosen(stage.name for stage in stages if stage.name):
            return
        message = (
            f"a build without --target makes {last.name}, the last stage. Put {others[-1].label} "
            f"last, or configure a target."
        )
        yield self.finding(facts, last.from_.span, message, last.label)


def _may_be_production(stage: StageFacts) -> bool:
    """Whether a stage says that it is to run: by its name, or by what starts it."""
    name = stage.stage.name
    starts = any(step.instruction.keyword in ("CMD", "ENTRYPOINT") for step in stage.steps)
    return is_production_name(name) or (starts and not is_development_name(name))

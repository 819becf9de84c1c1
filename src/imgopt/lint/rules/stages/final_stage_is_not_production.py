"""IMG210: the last stage is one for development or tests, and no target is configured."""

from __future__ import annotations

from collections.abc import Iterator

from imgopt.facts.file import FileFacts
from imgopt.facts.purpose import is_development_name
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
        if facts.is_for_development:
            return
        message = (
            f"a build without --target makes {last.name}, the last stage. Put the production stage "
            f"last, or configure a target."
        )
        yield self.finding(facts, last.from_.span, message, last.label)

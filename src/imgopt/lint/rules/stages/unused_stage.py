"""IMG203: no target reaches a stage."""

from __future__ import annotations

from collections.abc import Iterator

from imgopt.facts.file import FileFacts
from imgopt.facts.purpose import is_development_name
from imgopt.lint.finding import Finding, Severity
from imgopt.lint.rule import Rule


class UnusedStage(Rule):
    id = "IMG203"
    name = "unused-stage"
    severity = Severity.INFO
    summary = "Neither the last stage nor a configured target uses a stage"

    def check_file(self, facts: FileFacts) -> Iterator[Finding]:
        needed = facts.needed
        every = facts.graph.stages
        if not facts.around.targets_are_known:
            return
        if any(r.text is None for s in every for r in (s.base, *s.references)):
            return  # a variable may name any of them
        nameless = sum(not s.name and s.index not in needed for s in facts.graph.stages)
        for stage in facts.graph.stages:
            if stage.index in needed or is_development_name(stage.name):
                continue  # what is for development or tests is built by hand with --target
            if nameless > 2 and not facts.targets:
                continue  # a list of images, for a bot that raises versions
            if not stage.instructions or (stage.name and not facts.targets):
                continue  # a name may be a target that somebody else's script builds
            if stage.name and facts.around.is_chosen([stage.name]):
                continue
            message = (
                f"nothing that is built uses {stage.label}. BuildKit skips it, so it costs no "
                f"time; remove it, or name it as a target."
            )
            yield self.finding(facts, stage.from_.span, message, stage.label)

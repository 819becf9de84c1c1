"""IMG212: two stages have the same name."""

from __future__ import annotations

from collections.abc import Iterator

from imgopt.facts.file import FileFacts
from imgopt.lint.finding import Finding, Severity
from imgopt.lint.rule import Rule


class DuplicateStageName(Rule):
    id = "IMG212"
    name = "duplicate-stage-name"
    severity = Severity.ERROR
    summary = "Two stages have the same name"

    def check_file(self, facts: FileFacts) -> Iterator[Finding]:
        seen: dict[str, int] = {}
        for stage in facts.graph.stages:
            if not stage.name:
                continue
            if stage.name in seen:
                message = (
                    f"the stage in line {seen[stage.name]} is called {stage.name} too; --from and "
                    f"--target mean the later one, whichever was meant."
                )
                yield self.finding(facts, stage.from_.words[2].span, message, stage.label)
            seen[stage.name] = stage.from_.line

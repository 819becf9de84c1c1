"""IMG604: the image starts a development server."""

from __future__ import annotations

from collections.abc import Iterator

from imgopt.facts.commands import final_command
from imgopt.facts.file import FileFacts
from imgopt.facts.servers import development_server
from imgopt.facts.steps import StageFacts
from imgopt.lint.finding import Finding, Severity
from imgopt.lint.rule import Rule


class DevelopmentServer(Rule):
    id = "IMG604"
    name = "development-server"
    severity = Severity.WARNING
    summary = "The image starts a development server"

    def check_stage(self, stage: StageFacts, facts: FileFacts) -> Iterator[Finding]:
        if stage not in facts.target_stages or facts.develops(stage):
            return
        step = final_command(stage, facts)
        if step is None or not step.commands:
            return
        server = development_server(step.commands[-1], facts.managers)
        if server:
            message = (
                f"`{server}` is for development, neither hardened nor built for production load. "
                f"Start a production server instead."
            )
            yield self.finding(facts, step.instruction.span, message, stage.label)

"""IMG504: a download is piped into a shell."""

from __future__ import annotations

from collections.abc import Iterator

from imgopt.facts.commands import DOWNLOADS
from imgopt.facts.file import FileFacts
from imgopt.facts.programs import runs_its_input
from imgopt.facts.steps import StageFacts
from imgopt.lint.finding import Finding, Severity
from imgopt.lint.rule import Rule


class PipeToShell(Rule):
    id = "IMG504"
    name = "pipe-to-shell"
    severity = Severity.WARNING
    summary = "A download is piped into a shell"

    def check_stage(self, stage: StageFacts, facts: FileFacts) -> Iterator[Finding]:
        for step in stage.runs():
            piped = False
            for command in step.commands:
                if command.operator not in ("|", "|&"):
                    piped = command.name in DOWNLOADS
                elif piped and runs_its_input(command.name):
                    message = (
                        "a script from the network runs as it comes: another one tomorrow, half of "
                        "it when the connection breaks. Download it, check its digest, run it."
                    )
                    yield self.finding(facts, command.span, message, stage.label)
                    piped = False

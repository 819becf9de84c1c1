"""IMG202: the final stage builds a front end and serves it with node or a development server."""

from __future__ import annotations

from collections.abc import Iterator

from imgopt.dockerfile.shell import Command
from imgopt.facts.commands import final_command
from imgopt.facts.file import FileFacts
from imgopt.facts.scripts import plain_words, runner, script_text, started_words
from imgopt.facts.servers import builds_front_end, is_static_server
from imgopt.facts.steps import StageFacts
from imgopt.lint.finding import Finding, Severity
from imgopt.lint.rule import Rule


class StaticSiteOnNode(Rule):
    id = "IMG202"
    name = "static-site-on-node"
    severity = Severity.WARNING
    summary = "A static site is served by node or a development server"

    def check_stage(self, stage: StageFacts, facts: FileFacts) -> Iterator[Finding]:
        if stage not in facts.target_stages or facts.is_for_development:
            return
        command = final_command(stage, facts)
        if command is None or not command.commands:
            return
        served = _served(command.commands[0], facts)
        if not served or not _builds(stage, facts):
            return
        message = (
            f"`{served}` only serves static files, and the image carries Node.js for it. Copy the "
            f"build output into an nginx or Caddy stage."
        )
        yield self.finding(facts, command.instruction.span, message, stage.label)


def _served(command: Command, facts: FileFacts) -> str:
    """The command that serves files, as a message names it; empty where nothing says so."""
    managers = facts.managers
    if manager := runner(command, managers):
        plain = plain_words(list(command.args))
        text = script_text(command, manager, facts)
        return f"{command.name} {' '.join(plain[:2])}" if is_static_server(text, managers) else ""
    words = started_words(command, managers)
    text = " ".join(words if words[0] == command.name else plain_words(words))
    return text if is_static_server(text, managers) else ""


def _builds(stage: StageFacts, facts: FileFacts) -> bool:
    return any(
        builds_front_end(command, facts.managers)
        for link in facts.chain(stage)
        for step in link.runs()
        for command in step.commands
    )

"""IMG605: neither the Dockerfile nor the compose service has a health check."""

from __future__ import annotations

from collections.abc import Iterator

from imgopt.facts.commands import final_command
from imgopt.facts.file import FileFacts
from imgopt.facts.servers import is_server
from imgopt.facts.starts import starts_nothing
from imgopt.facts.steps import StageFacts
from imgopt.lint.finding import Finding, Severity
from imgopt.lint.rule import Rule


class NoHealthcheck(Rule):
    id = "IMG605"
    name = "no-healthcheck"
    severity = Severity.INFO
    summary = "Neither the Dockerfile nor the compose service has a health check"
    recommended = False

    def check_stage(self, stage: StageFacts, facts: FileFacts) -> Iterator[Finding]:
        if stage not in facts.target_stages or facts.develops(stage):
            return
        if facts.around.has_healthcheck or not facts.base_of(stage).may_have_tools:
            return
        steps = [s.instruction for link in facts.chain(stage) for s in link.steps]
        if any(i.keyword == "HEALTHCHECK" for i in steps):
            return
        starts = [i for i in steps if i.keyword in ("CMD", "ENTRYPOINT")]
        if not starts or not _serves(stage, facts):
            return
        message = (
            "nothing checks that the service responds: dependents cannot wait for it, and a hung "
            "container keeps running. Add HEALTHCHECK, or healthcheck: in compose."
        )
        yield self.finding(facts, starts[-1].span, message, stage.label)


def _serves(stage: StageFacts, facts: FileFacts) -> bool:
    """Whether a port, or the command, says that something in the image answers."""
    if starts_nothing(stage, facts):
        return False
    steps = (step for link in facts.chain(stage) for step in link.steps)
    if any(step.instruction.keyword == "EXPOSE" for step in steps):
        return True
    start = final_command(stage, facts)
    return start is not None and any(
        is_server(command, facts.managers) for command in start.commands
    )

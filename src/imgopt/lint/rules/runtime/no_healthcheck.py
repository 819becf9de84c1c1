"""IMG605: neither the Dockerfile nor the compose service has a health check."""

from __future__ import annotations

from collections.abc import Iterator

from imgopt.facts.file import FileFacts
from imgopt.facts.starts import answers
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
        if not starts or not answers(stage, facts):
            return
        message = (
            "nothing checks that the service responds: dependents cannot wait for it, and a hung "
            "container keeps running. Add HEALTHCHECK, or healthcheck: in compose."
        )
        yield self.finding(facts, starts[-1].span, message, stage.label)

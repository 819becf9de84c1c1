"""IMG605: neither the Dockerfile nor the compose service has a health check."""

from __future__ import annotations

from collections.abc import Iterator

from imgopt.facts.file import FileFacts
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
        if not any(stage is target for target in facts.target_stages):
            return
        if facts.around.has_healthcheck or facts.is_for_development:
            return
        steps = [s.instruction for link in facts.chain(stage) for s in link.steps]
        if any(i.keyword == "HEALTHCHECK" for i in steps):
            return
        starts = [i for i in steps if i.keyword in ("CMD", "ENTRYPOINT")]
        if not starts:
            return
        message = (
            "nothing tells whether the service answers: whoever starts it cannot wait for it, and "
            "a hung one keeps running. Add HEALTHCHECK, or healthcheck: in compose."
        )
        yield self.finding(facts, starts[-1].span, message, stage.label)

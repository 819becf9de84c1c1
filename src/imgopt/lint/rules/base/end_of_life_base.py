"""IMG503: a base image whose release gets no more security fixes."""

from __future__ import annotations

from collections.abc import Iterator

from imgopt.facts.file import FileFacts
from imgopt.facts.steps import StageFacts
from imgopt.lint.finding import Finding, Severity
from imgopt.lint.rule import Rule


class EndOfLifeBase(Rule):
    id = "IMG503"
    name = "end-of-life-base"
    severity = Severity.WARNING
    summary = "The base image's release no longer gets security fixes"

    def check_stage(self, stage: StageFacts, facts: FileFacts) -> Iterator[Finding]:
        base, today = stage.stage.base, facts.around.today
        if base.stage is not None or not base.text or today is None:
            return
        if stage.stage.index not in facts.needed or base.text.lower() in facts.named_contexts:
            return
        releases = facts.image(base.text).releases
        ended = [(r.ends, r) for r in releases if r.ends is not None and r.ends < today]
        if ended:
            date, first = min(ended, key=lambda pair: pair[0])
            message = (
                f"{first.product} {first.number} has had no security fixes since "
                f"{date.isoformat()}. Upgrade to a supported release."
            )
            yield self.finding(facts, stage.stage.from_.words[0].span, message, stage.label)

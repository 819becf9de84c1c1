"""IMG503: a base image whose release gets no more security fixes."""

from __future__ import annotations

from collections.abc import Iterator

from imgopt.facts.bases import base_image
from imgopt.facts.end_of_life import end_of_life
from imgopt.facts.file import FileFacts
from imgopt.facts.steps import StageFacts
from imgopt.lint.finding import Finding
from imgopt.lint.rule import Rule


class EndOfLifeBase(Rule):
    id = "IMG503"
    name = "end-of-life-base"
    category = "base"
    severity = "warning"
    summary = "The base image's release gets no more security fixes"

    def check_stage(self, stage: StageFacts, facts: FileFacts) -> Iterator[Finding]:
        base, today = stage.stage.base, facts.around.today
        if base.stage is not None or not base.text or today is None:
            return
        if stage.stage.index not in facts.needed or base.text.lower() in facts.named_contexts:
            return
        ended = [e for e in end_of_life(base_image(base.text)) if e.date < today]
        if ended:
            first = min(ended, key=lambda e: e.date)
            message = (
                f"{first.product} {first.release} has had no security fixes since "
                f"{first.date.isoformat()}. Take a release that is maintained."
            )
            yield self.finding(facts, stage.stage.from_.words[0].span, message, stage.label)

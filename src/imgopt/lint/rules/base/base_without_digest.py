"""IMG502: a base image without a digest."""

from __future__ import annotations

from collections.abc import Iterator

from imgopt.lint.facts import FileFacts, StageFacts
from imgopt.lint.finding import Finding
from imgopt.lint.rule import Rule


class BaseWithoutDigest(Rule):
    id = "IMG502"
    name = "base-without-digest"
    category = "base"
    severity = "info"
    summary = "The base image is not pinned by its digest"
    recommended = False

    def check_stage(self, stage: StageFacts, facts: FileFacts) -> Iterator[Finding]:
        base = stage.stage.base
        if base.stage is not None or not base.text or base.text.lower() == "scratch":
            return
        if "@" in base.text or base.text.lower() in facts.named_contexts:
            return
        message = (
            f"{base.text} may be another image tomorrow. Pin it: {base.text}@sha256:… "
            f"(`docker buildx imagetools inspect {base.text}` prints the digest)."
        )
        yield self.finding(facts, stage.stage.from_.words[0].span, message, stage.label)

"""IMG502: a base image without a digest."""

from __future__ import annotations

from collections.abc import Iterator

from imgopt.dockerfile.model import Word
from imgopt.lint.edits import insert, unsafe
from imgopt.lint.facts import FileFacts, StageFacts
from imgopt.lint.finding import Finding, Fix
from imgopt.lint.rule import Rule


class BaseWithoutDigest(Rule):
    id = "IMG502"
    name = "base-without-digest"
    category = "base"
    severity = "info"
    summary = "The base image is not pinned by its digest"
    recommended = False
    fixable = "unsafe"

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
        word = stage.stage.from_.words[0]
        yield self.finding(facts, word.span, message, stage.label, _fix(word, stage, facts))


def _fix(word: Word, stage: StageFacts, facts: FileFacts) -> Fix | None:
    """The digest that the engine knows the image by; no fix where a variable makes the name."""
    ask = facts.around.digest_of
    if ask is None or "$" in word.text or not stage.stage.from_.exact:
        return None
    digest = ask(word.value)
    return unsafe("pin the digest", insert(word.span.end, f"@{digest}")) if digest else None

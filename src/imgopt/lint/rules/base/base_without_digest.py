"""IMG502: a base image without a digest."""

from __future__ import annotations

from collections.abc import Iterator

from imgopt.dockerfile.model import Word
from imgopt.dockerfile.rewrite import RewriteRefused, new_bases
from imgopt.facts.file import FileFacts
from imgopt.facts.steps import StageFacts
from imgopt.lint.finding import Finding, Fix, Safety, Severity
from imgopt.lint.fixes.edits import replace, unsafe
from imgopt.lint.rule import Rule


class BaseWithoutDigest(Rule):
    id = "IMG502"
    name = "base-without-digest"
    severity = Severity.INFO
    summary = "The base image is not pinned by its digest"
    recommended = False
    fixable = Safety.UNSAFE

    def check_stage(self, stage: StageFacts, facts: FileFacts) -> Iterator[Finding]:
        base = facts.loose_base(stage)
        if not base:
            return
        message = (
            f"{base} may be a different image tomorrow. Pin it: {base}@sha256:… "
            f"(`docker buildx imagetools inspect {base}` prints the digest)."
        )
        word = stage.stage.from_.words[0]
        yield self.finding(facts, word.span, message, stage.label, _fix(word, stage, facts))


def _fix(word: Word, stage: StageFacts, facts: FileFacts) -> Fix | None:
    """The digest that the engine knows the image by; no fix where a variable makes the name."""
    ask = facts.around.digest_of
    if ask is None or "$" in word.text:
        return None
    digest = ask(word.value)
    if not digest:
        return None
    try:
        found = new_bases(facts.file, {stage.stage.index: f"{word.value}@{digest}"})
    except RewriteRefused:
        return None
    return unsafe("pin the digest", *(replace(span, base) for span, base in found.items()))

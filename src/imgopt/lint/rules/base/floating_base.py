"""IMG501: a base image without a tag, or with `latest`."""

from __future__ import annotations

from collections.abc import Iterator

from imgopt.facts.file import FileFacts
from imgopt.facts.steps import StageFacts
from imgopt.lint.finding import Finding, Severity
from imgopt.lint.rule import Rule


class FloatingBase(Rule):
    id = "IMG501"
    name = "floating-base"
    severity = Severity.WARNING
    summary = "The base image has no tag, or `latest`"

    def check_stage(self, stage: StageFacts, facts: FileFacts) -> Iterator[Finding]:
        base = facts.loose_base(stage)
        if not base:
            return
        tag = base.rpartition("/")[2].partition(":")[2]
        if (tag and tag != "latest") or base.endswith(":"):
            return
        written = stage.stage.from_.words[0].value
        is_bare = "/" not in base and not tag and not facts.image(base).is_known
        if "$" in written and "/" not in base and not facts.image(base).is_known:
            return  # a default that stands for what a build has to name
        if is_bare and (not facts.around.targets_are_known or facts.around.is_chosen([base])):
            return  # a build context by that name
        what = "the tag `latest`" if tag else "no tag"
        is_rolling = facts.image(base).is_rolling
        advice = "It has no versions: pin its digest." if is_rolling else "Name a version."
        message = (
            f"{base} has {what}: the same Dockerfile builds on a different base tomorrow. {advice}"
        )
        yield self.finding(facts, stage.stage.from_.words[0].span, message, stage.label)

"""IMG404: a COPY source that .dockerignore excludes."""

from __future__ import annotations

from collections.abc import Iterator

from imgopt.context.build_context import clean
from imgopt.facts.file import FileFacts
from imgopt.lint.finding import Finding, Severity
from imgopt.lint.rule import Rule


class CopyIgnored(Rule):
    id = "IMG404"
    name = "copy-ignored"
    severity = Severity.ERROR
    summary = "A COPY source is excluded by .dockerignore"

    def check_file(self, facts: FileFacts) -> Iterator[Finding]:
        context = facts.context
        if context is None or context.ignore_file is None:
            return
        for stage, step, source in facts.context_sources():
            if any(c in source for c in "*?[") or clean(source) == ".":
                continue  # COPY of an empty context copies nothing, and goes well
            if not context.exists(source):
                continue
            if context.sent_by(source):
                continue
            if context.is_folder(source) and context.sends_folder(source):
                continue  # without files, but it is there
            message = (
                f"{context.ignore_file.name} excludes {source}, so the build fails. "
                f"Add !{clean(source)} to it."
            )
            yield self.finding(facts, step.instruction.span, message, stage.label)

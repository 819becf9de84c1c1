"""IMG405: a COPY source that is not in the build context."""

from __future__ import annotations

from collections.abc import Iterator

from imgopt.facts.file import FileFacts
from imgopt.lint.finding import Finding, Severity
from imgopt.lint.rule import Rule


class CopyMissing(Rule):
    id = "IMG405"
    name = "copy-missing"
    severity = Severity.ERROR
    summary = "A COPY source is not in the build context"

    def check_file(self, facts: FileFacts) -> Iterator[Finding]:
        context = facts.context
        if context is None or not facts.context_is_certain:
            return
        for stage, step, source in facts.context_sources():
            if any(c in source for c in "*?[") or context.exists(source):
                continue
            message = f"{source} is not in the build context {context.root.name}/."
            yield self.finding(facts, step.instruction.span, message, stage.label)

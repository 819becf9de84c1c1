"""IMG405: a COPY source that is not in the build context."""

from __future__ import annotations

from collections.abc import Iterator

from imgopt.context.build_context import clean
from imgopt.context.discovery import git_ignores
from imgopt.facts.artifacts import is_output
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
            if is_output(source) or git_ignores(context.root / clean(source)):
                # It is made before the build; unless a stage makes it that nothing else needs.
                makers = [s.label for s in facts.stages if s.stage.index not in facts.needed]
                if not makers or not is_output(source):
                    continue
                message += f" Is --from={makers[0]} meant?"
            yield self.finding(facts, step.instruction.span, message, stage.label)

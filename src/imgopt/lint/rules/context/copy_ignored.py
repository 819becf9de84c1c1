"""IMG404: a COPY source that .dockerignore excludes."""

from __future__ import annotations

from collections.abc import Iterator

from imgopt.context.build_context import clean
from imgopt.lint.facts import FileFacts
from imgopt.lint.finding import Finding
from imgopt.lint.rule import Rule


class CopyIgnored(Rule):
    id = "IMG404"
    name = "copy-ignored"
    category = "context"
    severity = "error"
    summary = "A COPY source is excluded by .dockerignore"

    def check_file(self, facts: FileFacts) -> Iterator[Finding]:
        context = facts.context
        if context is None or context.ignore_file is None:
            return
        needed = facts.graph.needed(facts.targets)
        for stage in facts.stages:
            for step in stage.steps:
                copy = step.copy
                if copy is None or copy.from_ is not None or stage.stage.index not in needed:
                    continue
                for source in copy.sources:
                    if source is None or "://" in source or any(c in source for c in "*?["):
                        continue
                    if context.exists(source) and not context.sent_by(source):
                        if context.is_folder(source) and not context.ignored(source.strip("/")):
                            continue  # an empty folder
                        message = (
                            f"{context.ignore_file.name} excludes {source}, so the build fails. "
                            f"Add !{clean(source)} to it."
                        )
                        yield self.finding(facts, step.instruction.span, message, stage.label)

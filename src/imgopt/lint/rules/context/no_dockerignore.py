"""IMG401: a broad COPY takes the whole context, and there is no .dockerignore."""

from __future__ import annotations

from collections.abc import Iterator

from imgopt.lint.copies import takes_everything
from imgopt.lint.facts import FileFacts
from imgopt.lint.finding import Finding
from imgopt.lint.rule import Rule


class NoDockerignore(Rule):
    id = "IMG401"
    name = "no-dockerignore"
    category = "context"
    severity = "warning"
    summary = "The whole context is copied, and there is no .dockerignore"

    def check_file(self, facts: FileFacts) -> Iterator[Finding]:
        if facts.context is None or facts.context.ignore_file is not None:
            return
        for stage, step, source in facts.context_sources():
            if takes_everything(source):
                files = facts.context.files
                size = sum(files.values()) / 1e6
                message = (
                    f"{step.instruction.keyword} takes the whole context and there is no "
                    f".dockerignore: {len(files)} files, {size:.1f} MB, .git and build output "
                    f"among them if they are there."
                )
                yield self.finding(facts, step.instruction.span, message, stage.label)
                return

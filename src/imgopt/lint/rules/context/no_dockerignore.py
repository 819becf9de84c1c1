"""IMG401: a broad COPY takes the whole context, and there is no .dockerignore."""

from __future__ import annotations

from collections.abc import Iterator

from imgopt.context.build_context import BuildContext
from imgopt.dockerfile.model import Position, Span
from imgopt.facts.copies import takes_everything
from imgopt.facts.file import FileFacts
from imgopt.facts.leftovers import LEFTOVERS, matches
from imgopt.lint.finding import Edit, Finding, Fix, Safety, Severity
from imgopt.lint.rule import Rule

_FEW = 10  # a folder of a few files, none of them to be left out, needs no .dockerignore


class NoDockerignore(Rule):
    id = "IMG401"
    name = "no-dockerignore"
    severity = Severity.WARNING
    fixable = Safety.UNSAFE
    summary = "The whole context is copied, and there is no .dockerignore"

    def check_file(self, facts: FileFacts) -> Iterator[Finding]:
        if facts.context is None or facts.context.ignore_file is not None:
            return
        for stage, step, source in facts.context_sources():
            if takes_everything(source):
                files = facts.context.files
                waste = any(matches(path, each.name) for path in files for each in LEFTOVERS)
                if len(files) < _FEW and not waste:
                    return
                size = sum(files.values()) / 1e6
                message = (
                    f"{step.instruction.keyword} takes the whole context and there is no "
                    f".dockerignore: {len(files)} files, {size:.1f} MB, .git and build output "
                    f"among them if they are there."
                )
                yield self.finding(
                    facts, step.instruction.span, message, stage.label, _fix(facts.context)
                )
                return


def _fix(context: BuildContext) -> Fix:
    """A .dockerignore of what is on disk and belongs in no image."""
    lines = [".git", ".gitignore", ".dockerignore"]
    for pattern in (each.name for each in LEFTOVERS):
        if pattern != ".git" and any(matches(path, pattern) for path in context.files):
            lines.append(f"**/{pattern}")
    edit = Edit(
        Span(Position(1, 1), Position(1, 1)),
        "".join(f"{line}\n" for line in dict.fromkeys(lines)),
        str(context.root / ".dockerignore"),
    )
    return Fix(Safety.UNSAFE, "write a .dockerignore", (edit,))

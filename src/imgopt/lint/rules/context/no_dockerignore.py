"""IMG401: a broad COPY takes the whole context, and there is no .dockerignore."""

from __future__ import annotations

from collections.abc import Iterator

from imgopt.context.build_context import BuildContext
from imgopt.dockerfile.model import Position, Span
from imgopt.facts.copies import takes_everything
from imgopt.facts.file import FileFacts
from imgopt.facts.idle_files import copy_of_everything, idle_files, reads_git
from imgopt.facts.leftovers import GIT, LEFTOVERS, leftovers_in
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
        context = facts.context
        if context is None or context.ignore_file is not None:
            return
        for stage, step, source in facts.context_sources():
            if takes_everything(source):
                waste = _waste(context, facts)
                if len(context.files) < _FEW and not waste:
                    return
                size = sum(context.files.values())
                with_ = f", {' and '.join(waste[:3])} among them" if waste else ""
                message = (
                    f"{step.instruction.keyword} takes the whole context and there is no "
                    f".dockerignore: {len(context.files)} files, {size / 1e6:.1f} MB{with_}."
                )
                severity = None if waste else Severity.INFO
                mend = _fix(waste, context, facts)
                span = step.instruction.span
                yield self.finding(facts, span, message, stage.label, mend, severity)
                return


def _waste(context: BuildContext, facts: FileFacts) -> list[str]:
    """The names on disk that belong in no image, and that the build does not read."""
    found = context.listing.once(leftovers_in)
    names = [
        each.name
        for each in LEFTOVERS
        if each.name in found and not (each.wanted and each.is_wanted(facts.file.text))
    ]
    return [name for name in names if name != GIT or not reads_git(context, facts)]


def _fix(waste: list[str], context: BuildContext, facts: FileFacts) -> Fix:
    """A .dockerignore of what is on disk and belongs in no image, or is used by no line."""
    git = [] if reads_git(context, facts) else [GIT]
    lines = [*git, ".gitignore", ".dockerignore"]
    lines += [f"**/{name}" for name in waste if name != GIT]
    if copy_of_everything(facts) and not facts.is_for_development:
        lines += idle_files(context, facts)
    edit = Edit(
        Span(Position(1, 1), Position(1, 1)),
        "".join(f"{line}\n" for line in dict.fromkeys(lines)),
        str(context.root / ".dockerignore"),
    )
    return Fix(Safety.UNSAFE, "write a .dockerignore", (edit,))

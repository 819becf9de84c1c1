"""IMG403: a file that holds a secret is sent, and a COPY takes it."""

from __future__ import annotations

from collections.abc import Iterator

from imgopt.context.build_context import BuildContext
from imgopt.context.listing import Listing
from imgopt.facts.file import FileFacts
from imgopt.facts.secret_files import holds_secret, kind_of
from imgopt.lint.finding import Finding, Safety, Severity
from imgopt.lint.fixes.ignore_lines import ignore_fix
from imgopt.lint.rule import Rule

_LIMIT = 100_000


class SecretInContext(Rule):
    id = "IMG403"
    name = "secret-in-context"
    severity = Severity.ERROR
    summary = "A file that holds a secret is copied into an image"
    fixable = Safety.UNSAFE

    def check_file(self, facts: FileFacts) -> Iterator[Finding]:
        context = facts.context
        if context is None:
            return
        suspects = context.listing.once(_suspects)
        seen: set[str] = set()
        for stage, step, source in facts.context_sources() if suspects else ():
            taken = frozenset(context.sent_by(source)) - seen
            found = [path for path in suspects if path in taken and _holds_secret(path, context)]
            seen.update(found)
            if found:
                message = (
                    f"{step.instruction.keyword} {source} takes {', '.join(found[:4])}, which "
                    f"holds a secret: everyone who has the image or the cache can read it. List "
                    f"it in .dockerignore; pass secrets to a build with RUN --mount=type=secret."
                )
                mend = ignore_fix(context, found)
                yield self.finding(facts, step.instruction.span, message, stage.label, mend)


def _suspects(listing: Listing) -> list[str]:
    return [path for path in listing.paths if kind_of(path)]


def _holds_secret(path: str, context: BuildContext) -> bool:
    kind = kind_of(path)
    return kind is not None and holds_secret(kind, context.read_text(path, _LIMIT) or "")

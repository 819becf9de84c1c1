"""IMG004: a suppression that does not say why."""

from __future__ import annotations

from collections.abc import Iterator

from imgopt.facts.file import FileFacts
from imgopt.lint.finding import Finding, Severity
from imgopt.lint.rule import Rule
from imgopt.lint.silence.suppressions import suppressions_of


class SuppressionWithoutReason(Rule):
    id = "IMG004"
    name = "suppression-without-reason"
    severity = Severity.INFO
    summary = "An ignore comment gives no reason"
    recommended = False

    def check_file(self, facts: FileFacts) -> Iterator[Finding]:
        for suppression in suppressions_of(facts):
            if suppression.written and not suppression.has_reason:
                message = (
                    f"the comment ignores {', '.join(suppression.written)} and does not say why; "
                    f'add reason="…".'
                )
                yield self.finding(facts, suppression.span, message)

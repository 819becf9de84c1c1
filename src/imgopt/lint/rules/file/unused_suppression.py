"""IMG003: a comment suppresses nothing. lint/check makes the finding: it needs all the others."""

from __future__ import annotations

from imgopt.lint.finding import Safety, Severity
from imgopt.lint.rule import Rule


class UnusedSuppression(Rule):
    id = "IMG003"
    name = "unused-suppression"
    severity = Severity.INFO
    summary = "An ignore comment suppresses nothing"
    fixable = Safety.SAFE

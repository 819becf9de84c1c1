"""IMG002: no such instruction. lint/check makes the finding: BuildKit's parser stops there."""

from __future__ import annotations

from imgopt.lint.finding import Severity
from imgopt.lint.rule import Rule


class UnknownInstruction(Rule):
    id = "IMG002"
    name = "unknown-instruction"
    severity = Severity.ERROR
    summary = "Unknown instruction"

"""IMG001: BuildKit's parser refuses the file. lint/check makes the finding: no facts exist."""

from __future__ import annotations

from imgopt.lint.finding import Severity
from imgopt.lint.rule import Rule


class SyntaxErrorRule(Rule):
    id = "IMG001"
    name = "syntax-error"
    severity = Severity.ERROR
    summary = "BuildKit's parser rejects the Dockerfile"

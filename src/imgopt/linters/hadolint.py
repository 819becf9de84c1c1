"""hadolint's findings of a Dockerfile (`imgopt[hadolint]`)."""

from __future__ import annotations

import json

from imgopt.config import LinterName
from imgopt.dockerfile.model import Position, Span
from imgopt.errors import CheckGaveUp, ConfigError
from imgopt.facts.file import FileFacts
from imgopt.lint.finding import Finding
from imgopt.lint.silence.equivalents import hadolint_rule
from imgopt.linters.program import find, output, severity_of


def check(facts: FileFacts) -> list[Finding]:
    """Its findings as `hadolint/DL…` and `shellcheck/SC…`; MissingProgram without hadolint,
    CheckGaveUp for a file that it cannot read.

    Lines are its own; the span reaches over the line, since it gives no end.
    """
    program = find(LinterName.HADOLINT, "hadolint")
    text = output([program, "--no-fail", "--format", "json", "-"], facts.file.text)
    try:
        rows = json.loads(text)
    except ValueError as error:
        raise ConfigError(f"hadolint printed no JSON: {text[:80]!r}") from error
    lines = facts.file.lines
    found = []
    for row in rows:
        code, line = str(row["code"]), int(row["line"])
        if code == "DL1000":
            reason = " ".join(str(row["message"]).split())
            raise CheckGaveUp(f"hadolint cannot parse it: line {line}: {reason}")
        if not 0 < line <= len(lines):
            continue
        linter, rule = hadolint_rule(code)
        span = Span(Position(line, 1), Position(line, max(len(lines[line - 1]), 1) + 1))
        severity = severity_of(row["level"])
        message = str(row["message"])
        path = facts.file.path
        found.append(Finding(rule, code, linter, severity, message, path, span))
    return found

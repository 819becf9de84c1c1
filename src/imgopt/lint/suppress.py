"""Inline suppressions: `# imgopt: ignore=IMG101,IMG102 reason="…"` and `ignore-file=…`."""

from __future__ import annotations

import re

import msgspec

from imgopt.dockerfile.model import Dockerfile
from imgopt.lint.finding import Finding

_COMMENT = re.compile(r"imgopt:\s*ignore(-file)?\s*=\s*([A-Za-z0-9]+(?:\s*,\s*[A-Za-z0-9]+)*)")


class Suppression(msgspec.Struct, frozen=True):
    """Rules that are silenced between two lines, both inclusive."""

    rules: frozenset[str]
    first_line: int
    last_line: int


def suppressions(file: Dockerfile) -> list[Suppression]:
    """All suppressions of a file; one for an instruction reaches over all its lines."""
    found = []
    for comment in file.comments:
        match = _COMMENT.match(comment.text)
        if not match:
            continue
        rules = frozenset(name.strip().upper() for name in match[2].split(","))
        line = comment.span.start.line
        if match[1]:
            found.append(Suppression(rules, 1, len(file.text) + 1))
            continue
        target = next((i for i in file.instructions if i.end_line >= line), None)
        if target:
            found.append(Suppression(rules, target.line, target.end_line))
    return found


def unsuppressed(file: Dockerfile, findings: list[Finding]) -> list[Finding]:
    """The findings that no comment silences."""
    silenced = suppressions(file)
    return [
        finding
        for finding in findings
        if not any(
            finding.rule in s.rules and s.first_line <= finding.span.start.line <= s.last_line
            for s in silenced
        )
    ]

"""A finding's identity across edits: the same while its own line is, wherever it moves."""

from __future__ import annotations

import hashlib
from collections import Counter

from imgopt.lint.finding import FileResult


def fingerprints(result: FileResult, path: str | None = None) -> list[str]:
    """One for each finding, in order: rule, path, the line's text, and which of equals.

    `path` counts in place of the one that the findings are shown with.
    """
    seen: Counter[str] = Counter()
    found = []
    for finding in result.findings:
        line = finding.span.start.line
        text = result.lines[line - 1] if 0 < line <= len(result.lines) else ""
        key = "\0".join((finding.rule, path or finding.path, " ".join(text.split())))
        data = f"{key}\0{seen[key]}".encode(errors="backslashreplace")  # a path may be no text
        found.append(hashlib.sha256(data).hexdigest()[:32])
        seen[key] += 1
    return found

"""Lint results as GitHub workflow commands: annotations on the lines of a pull request.

Source: GitHub documentation, "Workflow commands for GitHub Actions".
"""

from __future__ import annotations

from collections.abc import Sequence

from imgopt.formats.escape import printable
from imgopt.formats.registry import Options
from imgopt.lint.finding import FileResult, Severity

_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}


def render(results: Sequence[FileResult], _options: Options) -> str:
    """One line a finding."""
    lines = []
    for result in results:
        for finding in result.findings:
            start, end = finding.span.start, finding.span.end
            place = {
                "file": finding.path,
                "line": str(start.line),
                "endLine": str(end.line),
                "title": finding.title,
            }
            if start.line == end.line:  # GitHub takes columns for one line only
                place |= {"col": str(start.column), "endColumn": str(end.column)}
            fields = ",".join(f"{key}={_property(value)}" for key, value in place.items())
            lines.append(f"::{_LEVELS[finding.severity]} {fields}::{_data(finding.message)}\n")
        for error in result.internal_errors:
            lines.append(f"::error file={_property(result.path)}::{_data(error)}\n")
    return "".join(lines)


def _data(text: str) -> str:
    return printable(text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A"))


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")

"""Lint results as GitHub workflow commands: annotations on the lines of a pull request."""

from __future__ import annotations

from collections.abc import Sequence

from imgopt.formats.registry import Options
from imgopt.formats.workflow_command import command
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
            lines.append(command(_LEVELS[finding.severity], place, finding.message))
        for error in result.internal_errors:
            lines.append(command("error", {"file": result.path}, error))
    return "".join(lines)

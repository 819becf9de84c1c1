"""Lint results as a GitLab code quality report.

Source: GitLab documentation, "Code Quality: custom tool report format".
"""

from __future__ import annotations

from collections.abc import Sequence

from imgopt.formats.escape import json_text
from imgopt.formats.registry import Options
from imgopt.lint.finding import FileResult, Severity
from imgopt.lint.silence.fingerprint import fingerprints

_SEVERITIES = {Severity.ERROR: "critical", Severity.WARNING: "major", Severity.INFO: "info"}


def render(results: Sequence[FileResult], _options: Options) -> str:
    """One JSON array with a newline at its end."""
    rows = [
        {
            "description": finding.message,
            "check_name": finding.rule,
            "fingerprint": fingerprint,
            "severity": _SEVERITIES[finding.severity],
            "location": {"path": finding.path, "lines": {"begin": finding.span.start.line}},
        }
        for result in results
        for finding, fingerprint in zip(result.findings, fingerprints(result), strict=True)
    ]
    return json_text(rows)

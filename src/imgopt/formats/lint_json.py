"""Lint results as JSON: a contract (docs/architecture.md, schema_version 1)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from imgopt import __version__
from imgopt.dockerfile.model import Position
from imgopt.formats.escape import json_text
from imgopt.formats.registry import Options
from imgopt.lint.finding import FileResult, Finding, Severity
from imgopt.lint.pages import docs


def render(results: Sequence[FileResult], _options: Options) -> str:
    """One JSON document with a newline at its end."""
    findings = [finding for result in results for finding in result.findings]
    counts = {str(s): sum(f.severity == s for f in findings) for s in reversed(Severity)}
    document = {
        "schema_version": 1,
        "tool": {"name": "imgopt", "version": __version__},
        "files": [{"path": result.path, "error": result.error} for result in results],
        "findings": [_finding(f) for f in findings],
        "summary": {**counts, "files": len(results)},
    }
    return json_text(document)


def _point(position: Position) -> list[int]:
    return [position.line, position.column]


def _finding(finding: Finding) -> dict[str, Any]:
    fix = finding.fix
    edits = [
        {
            "start": _point(e.span.start),
            "end": _point(e.span.end),
            "text": e.text,
            **({"path": e.path} if e.path else {}),
        }
        for e in (fix.edits if fix else ())
    ]
    return {
        "rule": finding.rule,
        "name": finding.name,
        "category": finding.category,
        "severity": finding.severity,
        "message": finding.message,
        "path": finding.path,
        "line": finding.span.start.line,
        "column": finding.span.start.column,
        "end_line": finding.span.end.line,
        "end_column": finding.span.end.column,
        "stage": finding.stage,
        "fix": {"safety": fix.safety, "description": fix.description, "edits": edits}
        if fix
        else None,
        "impact": None,
        "docs": docs(finding.rule, finding.name) if "/" not in finding.rule else None,
    }

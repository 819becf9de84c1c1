"""A check as JSON: schema_version 1, to which fields are only added (docs/check.md)."""

from __future__ import annotations

from typing import Any

import msgspec

from imgopt import __version__
from imgopt.formats.escape import json_text
from imgopt.formats.reasons import sentence
from imgopt.formats.registry import Options
from imgopt.gate.result import CheckResult, LintCheck, Reason, ServiceCheck
from imgopt.lint.finding import Finding


def render(result: CheckResult, _options: Options) -> str:
    """One JSON document with a newline at its end."""
    document = {
        "schema_version": 1,
        "tool": {"name": "imgopt", "version": __version__},
        "verdict": result.verdict,
        "reference": result.reference,
        "base": result.base,
        "reasons": [reason_document(reason) for reason in result.reasons],
        "failures": list(result.failures),
        "services": [_service(service) for service in result.services],
        "lint": _lint(result.lint) if result.lint else None,
    }
    return json_text(document)


def reason_document(reason: Reason) -> dict[str, Any]:
    """A reason as the contract has it."""
    most = reason.most
    return {
        **{key: value for key, value in msgspec.to_builtins(reason).items() if key != "most"},
        "message": sentence(reason),
        "line": most.line if most else 0,
        "instruction": most.text if most else "",
        "line_value": most.value if most else None,
    }


def _service(service: ServiceCheck) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.to_builtins(service)
    for row, verdict in zip(found["budgets"], service.budgets, strict=True):
        row["broken"] = verdict.is_broken
    return found


def _lint(lint: LintCheck) -> dict[str, Any]:
    return {
        "files": lint.files,
        "fail_on": lint.fail_on,
        "known": lint.known,
        "errors": list(lint.errors),
        "new": [_finding(finding) for finding in lint.new],
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "rule": finding.rule,
        "name": finding.name,
        "severity": finding.severity,
        "message": finding.message,
        "path": finding.path,
        "line": finding.span.start.line,
    }

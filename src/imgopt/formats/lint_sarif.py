"""Lint results as SARIF 2.1.0 (OASIS standard), as code scanning tools read it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from imgopt import __version__
from imgopt.dockerfile.model import Span
from imgopt.formats.escape import json_text
from imgopt.formats.registry import Options
from imgopt.lint.finding import Edit, FileResult, Finding, Fix, Severity
from imgopt.lint.pages import docs, read_page
from imgopt.lint.rule import all_rules
from imgopt.lint.silence.fingerprint import fingerprints

_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}


def render(results: Sequence[FileResult], _options: Options) -> str:
    """One SARIF log with one run; rules that found something carry their pages as help."""
    findings = [f for result in results for f in result.findings]
    descriptors = _descriptors(findings)
    index = {descriptor["id"]: number for number, descriptor in enumerate(descriptors)}
    broken = [error for result in results for error in result.internal_errors]
    log = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "imgopt",
                        "semanticVersion": __version__,
                        "rules": descriptors,
                    }
                },
                "columnKind": "unicodeCodePoints",
                "invocations": [
                    {
                        "executionSuccessful": not broken,
                        "toolExecutionNotifications": [
                            {"level": "error", "message": {"text": text}} for text in broken
                        ],
                    }
                ],
                "results": [
                    _result(finding, index[finding.rule], fingerprint)
                    for result in results
                    for finding, fingerprint in zip(
                        result.findings, fingerprints(result), strict=True
                    )
                ],
            }
        ],
    }
    return json_text(log)


def _descriptors(findings: Iterable[Finding]) -> list[dict[str, Any]]:
    """The rules that found something: ours from the registry, others' from their findings."""
    used: dict[str, Finding] = {}
    for finding in findings:
        used.setdefault(finding.rule, finding)
    own = {rule.id: rule for rule in all_rules()}
    found = []
    for rule_id, finding in sorted(used.items()):
        rule = own.get(rule_id)
        summary = rule.summary if rule else f"{finding.category}: {finding.name}"
        level = rule.level if rule else finding.severity
        found.append(
            {
                "id": rule_id,
                "name": finding.name,
                "shortDescription": {"text": summary},
                **_help(rule_id, finding.name, summary),
                "defaultConfiguration": {"level": _LEVELS[level]},
                "properties": {"tags": [finding.category]},
            }
        )
    return found


def _help(rule: str, name: str, summary: str) -> dict[str, Any]:
    page = read_page(rule, name) if "/" not in rule else None
    if page is None:
        return {"help": {"text": summary}}
    where = docs(rule, name) or ""
    uri = {"helpUri": where} if where.startswith("https:") else {}
    return {"help": {"text": summary, "markdown": page}, **uri}


def _region(span: Span) -> dict[str, int]:
    return {
        "startLine": span.start.line,
        "startColumn": span.start.column,
        "endLine": span.end.line,
        "endColumn": span.end.column,
    }


def _artifact(path: str) -> dict[str, str]:
    # quote takes bytes too, which a name that is no text comes as.
    return {"uri": Path(path).as_uri() if Path(path).is_absolute() else quote(os.fsencode(path))}


def _result(finding: Finding, rule_index: int, fingerprint: str) -> dict[str, Any]:
    result = {
        "ruleId": finding.rule,
        "ruleIndex": rule_index,
        "level": _LEVELS[finding.severity],
        "message": {"text": finding.message},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": _artifact(finding.path),
                    "region": _region(finding.span),
                }
            }
        ],
        "partialFingerprints": {"imgopt/v1": fingerprint},
    }
    if finding.fix:
        result["fixes"] = [_fix(finding.fix, finding.path)]
    return result


def _fix(fix: Fix, path: str) -> dict[str, Any]:
    changes: dict[str, list[Edit]] = {}
    for edit in fix.edits:
        changes.setdefault(edit.path or path, []).append(edit)
    return {
        "description": {"text": f"{fix.description} ({fix.safety})"},
        "artifactChanges": [
            {
                "artifactLocation": _artifact(name),
                "replacements": [
                    {"deletedRegion": _region(e.span), "insertedContent": {"text": e.text}}
                    for e in edits
                ],
            }
            for name, edits in changes.items()
        ],
    }

"""Lint results as SARIF 2.1.0 (OASIS standard), as code scanning tools read it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from imgopt import __version__
from imgopt.lint.finding import FileResult, Finding
from imgopt.lint.fingerprint import fingerprints
from imgopt.lint.pages import read_page
from imgopt.lint.rule import all_rules

_LEVELS = {"error": "error", "warning": "warning", "info": "note"}


def render(results: Sequence[FileResult]) -> str:
    """One SARIF log with one run."""
    used = {f.rule for result in results for f in result.findings}
    rules = [rule for rule in all_rules() if rule.id in used]
    index = {rule.id: number for number, rule in enumerate(rules)}
    log = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "imgopt",
                        "version": __version__,
                        "rules": [
                            {
                                "id": rule.id,
                                "name": rule.name,
                                "shortDescription": {"text": rule.summary},
                                "help": _help(rule.id, rule.name, rule.summary),
                                "defaultConfiguration": {"level": _LEVELS[rule.severity]},
                                "properties": {"tags": [rule.category]},
                            }
                            for rule in rules
                        ],
                    }
                },
                "columnKind": "unicodeCodePoints",
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
    return json.dumps(log, indent=2, ensure_ascii=False) + "\n"


def _help(rule: str, name: str, summary: str) -> dict[str, str]:
    page = read_page(rule, name)
    return {"text": summary, "markdown": page} if page else {"text": summary}


def _result(finding: Finding, rule_index: int, fingerprint: str) -> dict[str, Any]:
    start, end = finding.span.start, finding.span.end
    return {
        "ruleId": finding.rule,
        "ruleIndex": rule_index,
        "level": _LEVELS[finding.severity],
        "message": {"text": finding.message},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": quote(finding.path)},
                    "region": {
                        "startLine": start.line,
                        "startColumn": start.column,
                        "endLine": end.line,
                        "endColumn": end.column,
                    },
                }
            }
        ],
        "partialFingerprints": {"imgopt/v1": fingerprint},
    }

"""Bench results as JSON: schema_version 1, to which fields are only added (docs/bench.md)."""

from __future__ import annotations

import msgspec

from imgopt.bench.result import BenchResult
from imgopt.formats.escape import json_text
from imgopt.formats.registry import Options


def render(result: BenchResult, _options: Options) -> str:
    """One JSON document with a newline at its end."""
    document = {
        "schema_version": 1,
        "runs": [msgspec.to_builtins(record) for record in result.records],
        "comparisons": [msgspec.to_builtins(c) for c in result.comparisons],
    }
    return json_text(document)

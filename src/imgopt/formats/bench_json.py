"""Bench results as JSON (contract: DESIGN §5, schema_version 1)."""

from __future__ import annotations

import json
from collections.abc import Sequence

import msgspec

from imgopt.bench.compare import ServiceComparison
from imgopt.records.build import BuildRecord


def render(records: Sequence[BuildRecord], comparisons: Sequence[ServiceComparison] = ()) -> str:
    """One JSON document with a newline at its end."""
    document = {
        "schema_version": 1,
        "runs": [msgspec.to_builtins(record) for record in records],
        "comparisons": [msgspec.to_builtins(c) for c in comparisons],
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"

"""Bench results as JSON (contract: DESIGN §5, schema_version 1)."""

from __future__ import annotations

import json
from collections.abc import Sequence

import msgspec

from imgopt.records.build import BuildRecord


def render(records: Sequence[BuildRecord]) -> str:
    """One JSON document with a newline at its end."""
    document = {
        "schema_version": 1,
        "runs": msgspec.to_builtins(list(records)),
        "comparisons": [],
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"

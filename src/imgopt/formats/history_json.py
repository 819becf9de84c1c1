"""Builds of a history as JSON: schema_version 1, to which fields are only added."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from imgopt.formats.escape import json_text
from imgopt.formats.registry import Options
from imgopt.records.rows import BuildRow


def render(rows: Sequence[BuildRow], _options: Options) -> str:
    """One JSON document with a newline at its end."""
    return json_text({"schema_version": 1, "builds": [_build(row) for row in rows]})


def _build(row: BuildRow) -> Any:
    fields = row._asdict()
    del fields["number"]  # the database's own
    return msgspec.to_builtins(fields)

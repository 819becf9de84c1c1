"""A build record as JSON, as it is exported, but indented."""

from __future__ import annotations

import msgspec

from imgopt.formats.escape import json_text
from imgopt.formats.registry import Options
from imgopt.records.build import BuildRecord


def render(record: BuildRecord, _options: Options) -> str:
    """One JSON document with a newline at its end."""
    return json_text(msgspec.to_builtins(record))

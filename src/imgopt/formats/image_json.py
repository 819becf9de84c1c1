"""An analysed image as JSON (schema_version 1)."""

from __future__ import annotations

import msgspec

from imgopt.formats.escape import json_text
from imgopt.formats.registry import Options
from imgopt.records.image import ImageRecord


def render(record: ImageRecord, _options: Options) -> str:
    """One JSON document with a newline at its end."""
    return json_text({"schema_version": 1, "image": msgspec.to_builtins(record)})

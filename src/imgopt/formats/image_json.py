"""An analysed image as JSON (schema_version 1)."""

from __future__ import annotations

import json

import msgspec

from imgopt.records.image import ImageRecord


def render(record: ImageRecord) -> str:
    """One JSON document with a newline at its end."""
    document = {"schema_version": 1, "image": msgspec.to_builtins(record)}
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"

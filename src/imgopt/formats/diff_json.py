"""Two images' differences as JSON; the contract is records/image_diff.py."""

from __future__ import annotations

import msgspec

from imgopt.formats.escape import json_text
from imgopt.formats.registry import Options
from imgopt.records.image_diff import ImageDiff


def render(found: ImageDiff, _options: Options) -> str:
    """One JSON document with a newline at its end."""
    return json_text({"schema_version": 1, "diff": msgspec.to_builtins(found)})

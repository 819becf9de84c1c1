"""What several images share as JSON; the contract is records/image_set.py."""

from __future__ import annotations

import msgspec

from imgopt.formats.escape import json_text
from imgopt.formats.registry import Options
from imgopt.records.image_set import ImageSet


def render(found: ImageSet, _options: Options) -> str:
    """One JSON document with a newline at its end."""
    return json_text({"schema_version": 1, "image_set": msgspec.to_builtins(found)})

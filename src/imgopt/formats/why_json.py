"""What the next build runs again, as JSON: schema_version 1, to which fields are only added."""

from __future__ import annotations

import msgspec

from imgopt.bench.foresight import Foresight
from imgopt.formats.escape import json_text
from imgopt.formats.registry import Options


def render(found: Foresight, _options: Options) -> str:
    """One JSON document with a newline at its end."""
    document = {"schema_version": 1, **msgspec.to_builtins(found)}
    return json_text(document)

"""Deployments and rollbacks as JSON: schema_version 1, to which fields are only added."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from imgopt.formats.escape import json_text
from imgopt.formats.registry import Options
from imgopt.records.event import Event


def render(events: Sequence[Event], _options: Options) -> str:
    """One JSON document with a newline at its end."""
    return json_text({"schema_version": 1, "events": msgspec.to_builtins(list(events))})

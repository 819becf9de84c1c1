"""An alert as JSON: schema_version 1, to which fields are only added (docs/alerts.md)."""

from __future__ import annotations

from imgopt import __version__
from imgopt.alerts.alert import Alert
from imgopt.formats.escape import json_text
from imgopt.formats.registry import Options

_MOST = 100


def render(alert: Alert, _options: Options) -> str:
    """One JSON document with a newline at its end."""
    document = {
        "schema_version": 1,
        "tool": {"name": "imgopt", "version": __version__},
        "kind": alert.kind,
        "title": alert.title,
        "sentences": list(alert.sentences[:_MOST]),
        "items": list(alert.items[:_MOST]),
        "left_out": max(len(alert.sentences) - _MOST, 0),
        "link": alert.link,
    }
    return json_text(document)

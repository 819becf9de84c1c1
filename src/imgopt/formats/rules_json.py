"""The rules as JSON."""

from __future__ import annotations

from collections.abc import Sequence

from imgopt.formats.escape import json_text
from imgopt.formats.registry import Options
from imgopt.lint.pages import docs
from imgopt.lint.rule import Rule

_FIELDS = ("id", "name", "category", "severity", "summary", "recommended")


def render(rules: Sequence[Rule], _options: Options) -> str:
    """One JSON array with an object a rule."""
    return json_text(
        [
            {
                **{field: getattr(r, field) for field in _FIELDS},
                "fixable": r.fixable or "",
                "docs": docs(r.id, r.name),
            }
            for r in rules
        ]
    )

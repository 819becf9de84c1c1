"""The rules as a list for a person."""

from __future__ import annotations

from collections.abc import Sequence

from imgopt.formats.registry import Options
from imgopt.lint.rule import Rule


def render(rules: Sequence[Rule], _options: Options) -> str:
    """A line a rule: id, severity, name, what it finds."""
    return "".join(f"{r.id}  {r.severity:<8} {r.name:<28} {r.summary}\n" for r in rules)

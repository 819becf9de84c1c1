"""Values that stand where a secret will be, and are none."""

from __future__ import annotations

import re

_NOTHING = frozenset({"", "none", "null", "false", "true"})
_PLACEHOLDER = re.compile(r"change.?me|example|placeholder|dummy|secret_here|todo|replace")
# How values begin that are to be filled in, or that are a path.
_FILLED_IN = ("$", "<", "your", "/")
_SHORTEST = 4


def is_placeholder(value: str) -> bool:
    """Whether a value is nothing, or one of the words for a value that is to come."""
    text = value.lower()
    return text in _NOTHING or bool(_PLACEHOLDER.fullmatch(text))


def is_real(value: str) -> bool:
    """Whether a value is a secret as far as one can tell: long, and without such a word."""
    text = value.strip("\"'").lower()
    if len(text) < _SHORTEST or text in _NOTHING or text.startswith(_FILLED_IN) or "xxx" in text:
        return False
    return not _PLACEHOLDER.search(text)

"""Times of build records: only those that a build can have had."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from imgopt.errors import ConfigError

# Before BuildKit, and after all who read this.
_FIRST = datetime(2015, 1, 1, tzinfo=UTC).timestamp()
_LAST = datetime(2200, 1, 1, tzinfo=UTC).timestamp()
_FRACTION = re.compile(r"(\.\d{1,6})\d*")
_NANOS = 1_000_000_000


def epoch(seconds: Any, nanos: Any, name: str) -> float:
    """Epoch seconds of a protobuf timestamp; ConfigError for one that cannot be."""
    if not isinstance(seconds, int) or not isinstance(nanos, int):
        raise ConfigError(f"{name}: a time is no number")
    if not (_FIRST <= seconds < _LAST and 0 <= nanos < _NANOS):
        raise ConfigError(f"{name}: a time is out of range ({str(seconds)[:30]} s after 1970)")
    return seconds + nanos / _NANOS


def stamp(value: Any, name: str) -> float:
    """Epoch seconds of a time in a history record: an object, or RFC 3339 as newer ones may."""
    if isinstance(value, dict):
        return epoch(value.get("seconds", 0), value.get("nanos", 0), name)
    try:
        when = datetime.fromisoformat(_FRACTION.sub(r"\1", value))
        return epoch(int(when.timestamp()), when.microsecond * 1000, name)
    except (OverflowError, TypeError, ValueError) as error:
        raise ConfigError(f"{name}: its history record has no times ({error})") from error

"""Sizes, durations, shares and counts as people write them, read into numbers. Pure.

Every function raises ValueError with what is wrong and how it is written.
"""

from __future__ import annotations

import math

from imgopt.regex import lazy

_NUMBER = r"(\d{1,15}(?:\.\d{1,9})?)"
_SIZE = lazy(rf"{_NUMBER}\s*([kKmMgGtT]?)(i?)[bB]?")
_DURATION = lazy(rf"{_NUMBER}\s*(ms|s|m|min|h)?")
_BANDWIDTH = lazy(rf"{_NUMBER}\s*([kKmMgG]?)(B|[Bb]it|bps)(?:/s)?")
_POWERS = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4}
_SECONDS = {None: 1.0, "ms": 0.001, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0}
_MOST_BYTES = 2**63
_MOST_S = 366 * 86400.0
_MOST_SHARE = 100.0
Written = str | int | float


def size_bytes(written: Written) -> int:
    """`250 MB`, `1.5GB`, `300 KiB`, or a number of bytes."""
    wrong = f"{_shown(written)} is not a size; write 250 MB or 1.5 GB"
    if isinstance(written, str):
        match = _SIZE.fullmatch(written.strip())
        if match is None:
            raise ValueError(wrong)
        base = 1024.0 if match[3] else 1000.0
        value = float(match[1]) * math.pow(base, _POWERS[match[2].lower()])
    else:
        value = _number(written, wrong)
    if value >= _MOST_BYTES:
        raise ValueError(f"{_shown(written)} is more than any image has")
    return round(value)


def duration_s(written: Written) -> float:
    """`90 s`, `1.5m`, `2 min`, `250ms`, `1h`, or a number of seconds."""
    wrong = f"{_shown(written)} is not a duration; write 90s, 10m or 1h"
    if isinstance(written, str):
        match = _DURATION.fullmatch(written.strip())
        if match is None:
            raise ValueError(wrong)
        value = float(match[1]) * _SECONDS[match[2]]
    else:
        value = _number(written, wrong)
    if value > _MOST_S:
        raise ValueError(f"{_shown(written)} is longer than a year")
    return value


def bandwidth(written: str) -> float:
    """`100Mbit`, `1Gbit/s`, `12MB`: bytes a second."""
    match = _BANDWIDTH.fullmatch(written.strip())
    if match is None or not float(match[1]):
        raise ValueError(f"{_shown(written)} is not a bandwidth; write 100Mbit or 12MB")
    bits = 1 if match[3] == "B" else 8
    return float(match[1]) * math.pow(1000.0, _POWERS[match[2].lower()]) / bits


def share(written: Written) -> float:
    """`10%` or `0.1`, both 0.1."""
    wrong = f"{_shown(written)} is not a percentage; write 10% or 0.1"
    if isinstance(written, str):
        text = written.strip()
        try:
            value = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
        except ValueError:
            raise ValueError(wrong) from None
    else:
        value = float(written)
    if not 0 <= value < _MOST_SHARE:
        raise ValueError(f"{_shown(written)} must be between 0% and {_MOST_SHARE:.0%}")
    return value


def count(written: Written) -> int:
    """A whole number, zero or more."""
    text = str(written).strip()
    if isinstance(written, bool) or not (text.isascii() and text.isdigit() and len(text) < 10):
        raise ValueError(f"{_shown(written)} is not a whole number")
    return int(text)


def _number(written: int | float, wrong: str) -> float:
    if isinstance(written, bool) or not math.isfinite(written) or written < 0:
        raise ValueError(wrong)
    return float(written)


def _shown(written: Written) -> str:
    return repr(written)[:60]

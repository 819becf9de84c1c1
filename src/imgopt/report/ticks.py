"""Where the axes of charts have ticks, and what stands at them.

matplotlib's own dates end with an error near the years 1 and 9999, and its steps do not know
minutes.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from itertools import takewhile

from imgopt.report import quantity
from imgopt.report.model import Unit

Tick = tuple[float, str]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MONDAY = 4 * 86400.0  # the first one after the epoch
_DAY = 86400.0
_SHORT = (1.0, 10.0, 60.0, 300.0, 900.0, 3600.0, 3 * 3600.0, 6 * 3600.0, 12 * 3600.0)
_DAYS = (_DAY, 2 * _DAY, 7 * _DAY, 14 * _DAY)
_MONTHS = (1, 2, 3, 6, 12, 24, 60, 120, 240, 600, 1200, 2400, 6000, 12000, 60000)
_MINUTES = tuple(60.0 * n for n in (1, 2, 5, 10, 20, 30, 60, 120, 180, 360, 720, 1440))


def seconds(at: datetime) -> float:
    """Seconds since 1970, also of dates that have no place in UTC (year 1 east of it)."""
    return (at - _EPOCH).total_seconds()


def times(low: float, high: float, most: int) -> list[Tick]:
    """At most about `most` ticks between two times: hours, days, Mondays, months or years."""
    span = max(high - low, 1.0)
    for step in (*_SHORT, *_DAYS):
        if span / step <= most:
            first = math.ceil((low - _MONDAY) / step) * step + _MONDAY
            marks = [first + n * step for n in range(int((high - first) // step) + 1)]
            return _named(marks, step)
    for months in _MONTHS:
        if span / (months * 30.44 * _DAY) <= most + 0.5:
            return _monthly(low, high, months)
    return []


def _named(marks: list[float], step: float) -> list[Tick]:
    found: list[Tick] = []
    day = ""
    for mark in marks:
        at = _date(mark)
        if at is None:
            continue
        name = f"{at.day} {at:%b}"
        if step < _DAY:
            clock = f"{at:%H:%M:%S}" if step < 60 else f"{at:%H:%M}"
            name, day = (clock, day) if name == day else (f"{name} {clock}", name)
        found.append((mark, name))
    return found


def _monthly(low: float, high: float, months: int) -> list[Tick]:
    start, end = _date(low), _date(high)
    if start is None or end is None:
        return []
    found: list[Tick] = []
    first = -(-(start.year * 12 + start.month - 1) // months) * months
    for number in range(first, end.year * 12 + end.month, months):
        year, month = divmod(number, 12)
        if not 1 <= year <= 9999:
            continue
        mark = seconds(datetime(year, month + 1, 1, tzinfo=UTC))
        if low <= mark <= high:
            name = f"{datetime(2000, month + 1, 1):%b}"
            if months >= 12:
                name = str(year)
            elif not found or not month:
                name = f"{name} {year}"
            found.append((mark, name))
    return found


def _date(mark: float) -> datetime | None:
    try:
        return _EPOCH + timedelta(seconds=mark)
    except OverflowError:
        return None


def values(low: float, high: float, unit: Unit, most: int) -> list[Tick]:
    """At most `most` + 1 round values from `low` to `high`, with their unit."""
    span = high - low
    if not span > 1e-300:
        return [(low, quantity.text(low, unit))]
    step = next(s for s in _steps(span / most, unit))
    first = math.ceil(low / step - 1e-9)
    count = min(math.floor(high / step + 1e-9) - first, 2 * most)
    divisor, sign = quantity.scale(high, unit)
    return [
        (n * step, quantity.number(n * step / divisor) + (f" {sign}" if sign and n else ""))
        for n in range(first, first + count + 1)
    ]


def _steps(least: float, unit: Unit) -> list[float]:
    """The round steps that are not much smaller, the best first."""
    if unit is Unit.COUNT:
        least = max(least, 1.0)
    if unit is Unit.SECONDS and 30 < least <= _MINUTES[-1]:
        return [step for step in _MINUTES if step >= least]
    power = 10.0 ** math.floor(math.log10(least))
    return [power * n for n in (1, 2, 5, 10) if power * n >= least * 0.8]


def log_values(low: float, high: float, unit: Unit, most: int) -> list[Tick]:
    """Round values of a logarithmic axis: 1, 2 and 5 of every power, or fewer."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for factors in ((1, 2, 5), (1, 3), (1,)):
        marks = [n * 10.0**p for p in powers for n in factors]
        found = [mark for mark in takewhile(lambda m: m <= high, marks) if mark >= low]
        if len(found) <= most + 1:
            break
    found = found[:: -(-len(found) // (most + 1)) or 1]
    return [(mark, quantity.text(mark, unit)) for mark in found]

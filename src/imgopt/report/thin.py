"""Fewer points of a line that looks the same: what lies within one column of pixels."""

from __future__ import annotations

from collections.abc import Collection, Sequence


def places(values: Sequence[float], columns: int, keep: Collection[int] = ()) -> list[int]:
    """Which values to draw: all of few, else of each of `columns` groups the lowest and the
    highest, and always the first, the last and those to `keep`. At most 2 · columns + 2 + kept.
    """
    count = len(values)
    if count <= 2 * columns:
        return list(range(count))
    chosen = {0, count - 1, *(k for k in keep if 0 <= k < count)}
    for number in range(columns):
        group = range(number * count // columns, (number + 1) * count // columns)
        chosen.add(min(group, key=values.__getitem__))
        chosen.add(max(group, key=values.__getitem__))
    return sorted(chosen)


def corners(values: Sequence[float], near: float) -> list[int]:
    """Which points of a line of steps to draw: where its value becomes another, and the last."""
    chosen: list[int] = []
    last = None
    for number, value in enumerate(values):
        if last is None or abs(value - last) > near or number == len(values) - 1:
            chosen.append(number)
            last = value
    return chosen

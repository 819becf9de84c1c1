"""Where a series without noise (sizes) changes: at every point that differs. Pure."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

# Smaller differences are what any build makes: dates, compiled files, an index of packages.
SMALLEST = 0.005


def exact_steps(values: Sequence[float], smallest: float = SMALLEST) -> list[int]:
    """The places of values that differ from the one before by at least that share of it."""
    return [
        place
        for place, (before, after) in enumerate(itertools.pairwise(values), start=1)
        if before > 0 and after > 0 and abs(after - before) >= smallest * min(before, after)
    ]

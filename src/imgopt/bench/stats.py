"""Statistics of samples. Pure."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

import msgspec


class Summary(msgspec.Struct, frozen=True):
    """Of n samples: median and median absolute deviation, in the samples' unit."""

    n: int
    median: float
    mad: float


def summarise(samples: Sequence[float]) -> Summary:
    """Median and MAD (not scaled) of at least one sample."""
    median = statistics.median(samples)
    return Summary(len(samples), median, statistics.median(abs(s - median) for s in samples))

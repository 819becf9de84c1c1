"""The noise of a series of times: how far its points lie from their level by chance alone. Pure.

All of it is on logs, so that it is relative and does not depend on units.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import chain, pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
_MIN_NOISE = 0.003  # no clock and no machine measures builds better
_TO_SIGMA = 1.4826  # from a median absolute deviation to a standard deviation, normal noise
_CLIP_STEPS = 2.5  # differences beyond it are steps and outliers
_KEPT = 0.9775  # what is left of a normal variance that is clipped there
_CLIP = 3.5  # deviations from its neighbours that a point may have, in units of the noise
_NEIGHBOURS = 4
_PRIOR = 2.0  # samples that the spread of all commits counts for beside a commit's own


class Samples(NamedTuple):
    """On logs, of each point: the median of its samples, how many there are, and the sum of their
    squared deviations from their mean."""

    medians: Array
    counts: Array
    squares: Array


def logs_of(samples: Sequence[Sequence[float]]) -> Samples:
    """What is told of points by their samples (> 0; each has one at least)."""
    counts = np.array([len(point) for point in samples])
    starts = np.concatenate([[0], np.cumsum(counts)[:-1]])
    logs = np.log(np.fromiter(chain.from_iterable(samples), dtype=float))
    logs = logs[np.lexsort((logs, np.repeat(np.arange(len(counts)), counts)))]
    medians = (logs[starts + (counts - 1) // 2] + logs[starts + counts // 2]) / 2
    means = np.add.reduceat(logs, starts) / counts
    squares = np.add.reduceat((logs - np.repeat(means, counts)) ** 2, starts)
    return Samples(medians, counts.astype(float), squares)


def noise_of(values: Array) -> float:
    """The standard deviation of points about their levels, from the differences of neighbours.

    Winsorized, which steps and outliers do little to, and twice as sure as the plain median.
    """
    steps = np.diff(values)
    steps = steps - np.median(steps)
    sigma = _TO_SIGMA * float(np.median(np.abs(steps)))
    for _ in range(5):
        kept = np.clip(steps, -_CLIP_STEPS * sigma, _CLIP_STEPS * sigma)
        sigma = math.sqrt(float(kept @ kept) / len(kept) / _KEPT)
    return max(sigma / math.sqrt(2), _MIN_NOISE)


def about_levels(values: Array, bounds: Sequence[int], weights: Array, at_least: float) -> float:
    """The noise about levels that begin and end at `bounds`."""
    squares = sum(
        float(weights[a:b] @ (values[a:b] - np.average(values[a:b], weights=weights[a:b])) ** 2)
        for a, b in pairwise(bounds)
    )
    freedom = max(len(values) - len(bounds) + 1, 1)
    return max(math.sqrt(squares / freedom), at_least, _MIN_NOISE)


def within(samples: Samples) -> float:
    """The standard deviation that a point has from the spread of its own samples; 0 when few
    commits were measured twice."""
    more = samples.counts > 1
    if 2 * np.count_nonzero(more) < len(more):
        return 0.0
    counts = samples.counts[more]
    return math.sqrt(float(np.median(samples.squares[more] / (counts - 1) / counts)))


def weights(samples: Samples, noise: float) -> Array:
    """How much each point tells, 1 for one with the noise of the series.

    A point's variance is what commits differ by and that of its own samples: one that was
    measured less often, or on a machine that was busy, tells less.
    """
    counts, squares = samples.counts, samples.squares
    more = counts > 1
    if not more.any():
        return np.ones(len(counts))
    usual = float(np.median(squares[more] / (counts[more] - 1)))
    usual = min(usual, noise**2 * float(np.median(counts)))  # of few points it may be anything
    own = (squares + _PRIOR * usual) / (counts - 1 + _PRIOR) / counts
    own *= np.where(counts > 2, math.pi / 2, 1.0)  # medians are less sure than means
    between = max(noise**2 - float(np.median(own)), 0.0)
    variance = np.maximum(between + own, _MIN_NOISE**2)
    return np.asarray(float(np.median(variance)) / variance)


def without_outliers(values: Array, noise: float, weight: Array) -> Array:
    """The values with lone outliers drawn to what their neighbours on either side say.

    Clipping: Fearnhead and Rigaill, "Changepoint detection in the presence of outliers" (2019).
    """
    left = _medians_before(values)
    right = _medians_before(values[::-1])[::-1]
    low, high = np.fmin(left, right), np.fmax(left, right)
    for place in (0, 1):  # has one side alone, where a step or two outliers may be near
        for at, row in ((place, values), (-1 - place, values[::-1])):
            behind = row[place + 1 :]
            either = [np.median(behind[:count]) for count in (2, 2 * _NEIGHBOURS)]
            low[at], high[at] = min(low[at], *either), max(high[at], *either)
    far = _CLIP * noise / np.sqrt(weight)
    low, high = low - far, high + far
    return np.asarray(np.fmax(np.fmin(values, high), low))


def _medians_before(values: Array) -> Array:
    """The median of the last points before each, NaN where there are not two."""
    found = np.full(len(values), np.nan)
    for count in range(2, min(_NEIGHBOURS, len(values))):
        found[count] = np.median(values[:count])
    if len(values) > _NEIGHBOURS:
        windows = np.lib.stride_tricks.sliding_window_view(values[:-1], _NEIGHBOURS)
        found[_NEIGHBOURS:] = np.median(windows, axis=1)
    return found

"""Where a series of times changes its level. Pure.

Times are compared on logs, so that a step is a ratio and does not depend on units. The level is
piecewise constant; where it changes is found by optimal partitioning: the least sum of squared
deviations, in units of the noise, and a penalty for each level. Sources: Jackson and others, "An
algorithm for optimal partitioning of data on an interval" (2005); that a short level costs more
than a long one, since there are more of them to be found by chance, is the scale penalty of
Frick, Munk and Sieling, "Multiscale change point inference" (2014).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import msgspec
import numpy as np

from imgopt.report import changes_noise as noises
from imgopt.report.changes_noise import Array

_LEVEL = 7.0  # what a level costs; `make change-points` shows what comes of it
_SHORT = 2.0  # by ln(n / points of the level) more
_FEW, _VERY_FEW = 4.0, 60.0  # by their share in n and n² more: few points tell little of noise
_MIN_POINTS = 2  # a level holds for two points at least: one alone is an outlier
_LINE = 6.0  # by which a straight line has to be better: steps are what is looked for
_ROUNDS = 3
_INTERVAL = 0.95
_CONFIDENCE = 0.95  # less is no step
_PLACE_ODDS = 19.0  # to 1, against a place that is left out


class Step(msgspec.Struct, frozen=True):
    """A step between two levels; `index` is the first point of the new one.

    `before` and `after` are the levels, `ratio` the new to the old with its 95 % interval, and
    `confidence` (0 to 1) that it does not come from the noise. The first point of the new level
    is between `earliest` and `latest`.
    """

    index: int
    before: float
    after: float
    ratio: float
    low: float
    high: float
    confidence: float
    earliest: int
    latest: int


def steps(samples: Sequence[Sequence[float]]) -> list[Step]:
    """The steps in a series of points, oldest first; each point has its samples (> 0)."""
    if len(samples) < 2 * _MIN_POINTS:
        return []
    logs = noises.logs_of(samples)
    values = logs.medians
    least = noise = max(noises.noise_of(values), noises.within(logs))
    for _ in range(_ROUNDS):
        weights = noises.weights(logs, noise)
        levels = noises.without_outliers(values, noise, weights)
        bounds = _partition(levels, weights, noise)
        again = noises.about_levels(levels, bounds, weights, 0.85 * least)
        if math.isclose(again, noise, rel_tol=0.02):
            break
        noise = again
    if len(bounds) == 2 or _is_drift(levels, bounds, weights, noise):
        return []
    found = [
        _step(levels, weights, noise, *bounds[number - 1 : number + 2])
        for number in range(1, len(bounds) - 1)
    ]
    return [step for step in found if step.confidence >= _CONFIDENCE]


def _partition(values: Array, weights: Array, noise: float) -> list[int]:
    """The bounds of the levels, 0 and the number of points among them."""
    size = len(values)
    scaled = (values - values.mean()) / noise
    sum_w = np.concatenate([[0.0], np.cumsum(weights)])
    sum_x = np.concatenate([[0.0], np.cumsum(weights * scaled)])
    sum_xx = np.concatenate([[0.0], np.cumsum(weights * scaled * scaled)])
    # Of a level that begins at 0, 1, … and ends at size; the last `end` of them for one at `end`.
    penalty = _cost(np.arange(size, 0, -1, dtype=float), size)
    best = np.full(size + 1, np.inf)
    best[0] = 0.0
    last = np.zeros(size + 1, dtype=int)
    for end in range(_MIN_POINTS, size + 1):
        starts = end - _MIN_POINTS + 1
        total = (
            best[:starts] + penalty[size - end : size - end + starts] + sum_xx[end]
            - sum_xx[:starts] - (sum_x[end] - sum_x[:starts]) ** 2 / (sum_w[end] - sum_w[:starts])
        )  # fmt: skip
        choice = int(total.argmin())
        best[end], last[end] = total[choice], choice
    bounds = [size]
    while bounds[-1] > 0:
        bounds.append(int(last[bounds[-1]]))
    return bounds[::-1]


def _cost(points: Array, size: int) -> Array:
    """What a level of that many points costs in a series of `size`, in units of the noise."""
    unsure = 1 + _FEW / size + _VERY_FEW / size**2
    return np.asarray((np.log(size / points) * _SHORT + _LEVEL) * unsure)


def _is_drift(values: Array, bounds: Sequence[int], weights: Array, noise: float) -> bool:
    """Whether a straight line tells the series better than the levels do: then nothing happened
    at any one commit."""
    size = len(values)
    places = np.arange(size, dtype=float)
    slope, start = np.polyfit(places, values, 1, w=np.sqrt(weights))
    line = float(weights @ (values - start - slope * places) ** 2) / noise**2
    levels = float(_cost(np.diff(bounds).astype(float), size).sum())
    for a, b in itertools.pairwise(bounds):
        mean = np.average(values[a:b], weights=weights[a:b])
        levels += float(weights[a:b] @ (values[a:b] - mean) ** 2) / noise**2
    two = float(_cost(np.array([size / 2, size / 2]), size).sum())
    return line + two + _LINE < levels


def _step(values: Array, weights: Array, noise: float, start: int, index: int, end: int) -> Step:
    """The step at `index` between levels from `start` and to `end`."""
    from scipy import special

    index, earliest, latest = _place(values, weights, noise, start, index, end)
    old, new = weights[start:index], weights[index:end]
    before = float(np.average(values[start:index], weights=old))
    after = float(np.average(values[index:end], weights=new))
    error = noise * math.sqrt(1 / float(old.sum()) + 1 / float(new.sum()))
    freedom = max(len(values) - 2, 1)
    half = float(special.stdtrit(freedom, (1 + _INTERVAL) / 2)) * error
    by_chance = 2 * float(special.stdtr(freedom, -abs(after - before) / error))
    looked_at = 1 + 2 * math.log(end - start)  # places that do not tell the same
    return Step(
        index,
        math.exp(before),
        math.exp(after),
        math.exp(after - before),
        math.exp(after - before - half),
        math.exp(after - before + half),
        (1 - min(by_chance, 1.0)) ** looked_at,
        earliest,
        latest,
    )


def _place(
    values: Array, weights: Array, noise: float, start: int, index: int, end: int
) -> tuple[int, int, int]:
    """Where between `start` and `end` the new level begins: the median of its likelihood, and
    the first and last place that are not far less likely than the best."""
    places = np.arange(start + 1, end)
    weight = weights[start:end]
    scaled = (values[start:end] - np.average(values[start:end], weights=weight)) / noise
    left = np.cumsum(weight)[:-1]
    right = float(weight.sum()) - left
    likely = np.cumsum(weight * scaled)[:-1] ** 2 * (1 / left + 1 / right) / 2
    likely -= likely.max()
    near = places[likely > -math.log(_PLACE_ODDS)]
    share = np.cumsum(np.exp(likely))
    middle = int(places[np.searchsorted(share, share[-1] / 2)])
    return middle, int(near[0]), int(near[-1])

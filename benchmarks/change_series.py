"""Generated series with known steps, for benchmarks/change_points.py."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
SIDE = 30  # points on each side of a step
_LEVEL = 10.0
_OUTLIERS, _OUTLIER = 4, 2.5


class Case(NamedTuple):
    """Series of one kind: `make` gives rows of points and columns of samples, NaN where a commit
    was not built; `truth` are the places of the steps, found when not more than `near` off."""

    name: str
    truth: tuple[int, ...]
    make: Callable[[np.random.Generator], Array]
    near: int = 5


def _noise(rng: np.random.Generator, cv: float, *shape: int) -> Array:
    return np.exp(rng.normal(0, cv, shape))


def _levels(*levels: tuple[float, int]) -> Array:
    return np.repeat([_LEVEL * level for level, _ in levels], [count for _, count in levels])


def _step(cv: float, size: float) -> Case:
    levels = _levels((1, SIDE), (1 + size, SIDE))
    return Case(
        f"CV {cv * 100:.0f} %, step {size * 100:+.0f} %",
        (SIDE,),
        lambda rng: (levels * _noise(rng, cv, len(levels)))[:, None],
    )


def _sampled(between: float, within: float, size: float) -> Case:
    """Five samples a commit: commits differ by `between`, samples of a commit by `within`."""
    levels = _levels((1, SIDE), (1 + size, SIDE))

    def make(rng: np.random.Generator) -> Array:
        commits = levels * _noise(rng, between, len(levels))
        return commits[:, None] * _noise(rng, within, len(levels), 5)

    name = f"CV of commits {between * 100:.0f} %, of 5 samples {within * 100:.0f} %"
    return Case(
        f"{name}, step {size * 100:+.0f} %" if size else name, (SIDE,) if size else (), make
    )


def _busy(rng: np.random.Generator) -> Array:
    """Ten commits that were measured while the machine was busy."""
    spread = np.repeat([0.03, 0.3, 0.03], [20, 10, 30])
    return _LEVEL * np.exp(rng.normal(0, 1, (60, 5)) * spread[:, None])


def _with_outliers(rng: np.random.Generator, size: float) -> Array:
    levels = _levels((1, SIDE), (1 + size, SIDE))
    values = levels * _noise(rng, 0.05, len(levels))
    values[rng.choice(len(levels), _OUTLIERS, replace=False)] *= _OUTLIER
    return values[:, None]


def _heavy(rng: np.random.Generator, size: float) -> Array:
    """Student's t with three degrees of freedom."""
    levels = _levels((1, SIDE), (1 + size, SIDE))
    return (levels * np.exp(0.06 * rng.standard_t(3, len(levels))))[:, None]


def _with_gaps(rng: np.random.Generator, size: float) -> Array:
    levels = _levels((1, SIDE), (1 + size, SIDE))
    values = levels * _noise(rng, 0.05, len(levels))
    values[rng.choice(len(levels), SIDE, replace=False)] = np.nan
    return values[:, None]


def _and_back(rng: np.random.Generator, between: int) -> Array:
    levels = _levels((1, 25), (1.4, between), (1, 35 - between))
    return (levels * _noise(rng, 0.07, len(levels)))[:, None]


def _drift(rng: np.random.Generator, total: float) -> Array:
    trend = np.exp(np.linspace(0, math.log(1 + total), 2 * SIDE))
    return (_LEVEL * trend * _noise(rng, 0.05, 2 * SIDE))[:, None]


def _quiet(cv: float, size: int) -> Case:
    name = f"CV {cv * 100:.0f} %, {size} points"
    return Case(name, (), lambda rng: (_LEVEL * _noise(rng, cv, size))[:, None])


DESIGN = [_step(0.05, 0.05), _step(0.05, 0.1), _step(0.1, 0.1), _step(0.1, 0.2), _step(0.15, 0.2),
          _step(0.15, 0.5)]  # fmt: skip
MORE = [
    *(_step(*pair) for pair in ((0.05, 0.2), (0.05, 0.5), (0.1, 0.5), (0.05, -0.1), (0.1, -0.2))),
    Case("CV 5 %, step +20 %, 4 outliers × 2.5", (SIDE,), lambda rng: _with_outliers(rng, 0.2)),
    Case("Student's t(3) of 6 %, step +20 %", (SIDE,), lambda rng: _heavy(rng, 0.2)),
    Case("CV 5 %, step +20 %, half of the commits not built", (SIDE,),
         lambda rng: _with_gaps(rng, 0.2)),
    Case("CV 7 %, +40 % and back after 5 commits", (25, 30), lambda rng: _and_back(rng, 5), 2),
    Case("CV 7 %, +40 % and back after 10 commits", (25, 35), lambda rng: _and_back(rng, 10), 2),
]  # fmt: skip
QUIET = [
    _quiet(0.1, 500), _quiet(0.1, 60), _quiet(0.15, 60), _quiet(0.1, 20), _quiet(0.1, 10),
    Case("CV 5 %, 4 outliers × 2.5", (), lambda rng: _with_outliers(rng, 0)),
    Case("Student's t(3) of 6 %", (), lambda rng: _heavy(rng, 0)),
    Case("CV 5 %, drift of +20 % over 60 points", (), lambda rng: _drift(rng, 0.2)),
    Case("CV 5 %, drift of +50 % over 60 points", (), lambda rng: _drift(rng, 0.5)),
]  # fmt: skip
SAMPLED = [_sampled(0.02, 0.1, 0.05), _sampled(0.0, 0.15, 0.1)]
SAMPLED_QUIET = [_sampled(0.02, 0.1, 0), Case("10 of 60 commits while the machine was busy", (),
                                              _busy)]  # fmt: skip
DELAYED = [_step(0.05, 0.2), _step(0.1, 0.2), _step(0.1, 0.5), _step(0.15, 0.5)]

"""Statistics of samples. Pure.

Sources: median and MAD as robust estimates (Rousseeuw and Croux 1993); percentile bootstrap (Efron
and Tibshirani 1993); the interval of the ratio from Welch's t on logarithms, whose coverage holds
for as few samples as builds have, where a percentile bootstrap's does not; warnings as hyperfine's.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence

import msgspec

MIN_PAIRS = 3
UNSURE = "needs more runs"
CONFIDENCE = 0.95
# The noise of builds on shared two-core machines: an effect below it gets no verdict by default.
MIN_EFFECT = 0.06
_RESAMPLES = 4000
_SPREAD = 0.15
_SLOW_FIRST = 1.25
_LOAD = 0.5
_STEAL = 0.05


class Summary(msgspec.Struct, frozen=True):
    """Of n samples: median, median absolute deviation, least and greatest, in the samples' unit."""

    n: int
    median: float
    mad: float
    min: float
    max: float


class Interval(msgspec.Struct, frozen=True):
    """From `low` to `high` at some confidence."""

    low: float
    high: float

    @property
    def width(self) -> float:
        return self.high - self.low

    def excludes(self, value: float) -> bool:
        return not self.low <= value <= self.high


class Comparison(msgspec.Struct, frozen=True):
    """B against A: `ratio` of the medians B / A with its interval, None for too few pairs.

    `verdict` is `faster`, `slower`, `no difference seen` or `needs more runs`.
    """

    a: Summary
    b: Summary
    ratio: float
    interval: Interval | None
    verdict: str


class Load(msgspec.Struct, frozen=True):
    """Of the machine while a sample ran: the load average of a minute over the cores, and the
    share of time that the hypervisor took."""

    per_core: float = 0.0
    steal: float = 0.0


def summarise(samples: Sequence[float]) -> Summary:
    """Median, MAD (not scaled) and extremes of at least one sample."""
    median = statistics.median(samples)
    mad = statistics.median(abs(s - median) for s in samples)
    return Summary(len(samples), median, mad, min(samples), max(samples))


def bootstrap_median(samples: Sequence[float], confidence: float = CONFIDENCE) -> Interval | None:
    """Percentile bootstrap interval of the median; None for fewer than three samples."""
    if len(samples) < MIN_PAIRS:
        return None
    import numpy
    from scipy import stats

    generator = numpy.random.default_rng(len(samples))
    result = stats.bootstrap(
        (numpy.asarray(samples, dtype=float),),
        numpy.median,
        n_resamples=_RESAMPLES,
        confidence_level=confidence,
        method="percentile",
        rng=generator,
    )
    return Interval(float(result.confidence_interval.low), float(result.confidence_interval.high))


def ratio_interval(
    a: Sequence[float], b: Sequence[float], confidence: float = CONFIDENCE
) -> Interval | None:
    """Interval of the ratio B / A; None for fewer than three samples a side or a zero among them.

    Durations are positive and their noise is a share of them, so logarithms are compared.
    """
    if min(len(a), len(b)) < MIN_PAIRS or min(*a, *b) <= 0:
        return None
    x, y = [math.log(v) for v in a], [math.log(v) for v in b]
    shift = statistics.fmean(y) - statistics.fmean(x)
    vx, vy = statistics.variance(x) / len(x), statistics.variance(y) / len(y)
    error = math.sqrt(vx + vy)
    if error == 0:
        return Interval(math.exp(shift), math.exp(shift))
    freedom = (vx + vy) ** 2 / (vx**2 / (len(x) - 1) + vy**2 / (len(y) - 1))
    from scipy import stats

    half = float(stats.t.ppf((1 + confidence) / 2, freedom)) * error
    return Interval(math.exp(shift - half), math.exp(shift + half))


def compare(
    a: Sequence[float],
    b: Sequence[float],
    min_effect: float = MIN_EFFECT,
    confidence: float = CONFIDENCE,
) -> Comparison:
    """Whether B is faster or slower than A, from pairs of samples of the same work.

    A verdict needs at least three pairs, an interval that excludes 1 and a ratio that is
    `min_effect` away from it (more with fewer than eight pairs). `no difference seen` means that
    the interval is narrow enough to have shown one; else more runs are needed.
    """
    first, second = summarise(a), summarise(b)
    ratio = second.median / first.median if first.median > 0 else math.nan
    interval = ratio_interval(a, b, confidence)
    verdict = UNSURE
    if interval is not None:
        centre = math.sqrt(interval.low * interval.high)
        # Fewer pairs than eight have to show more: their mean is noisier.
        needed = min_effect * math.sqrt(max(8 / min(len(a), len(b)), 1))
        if interval.excludes(1.0) and abs(centre - 1) >= needed:
            verdict = "faster" if interval.high < 1 else "slower"
        elif is_narrow(interval, min_effect):
            verdict = "no difference seen"
    return Comparison(first, second, ratio, interval, verdict)


def is_narrow(interval: Interval | None, min_effect: float = MIN_EFFECT) -> bool:
    """Whether an interval is narrow enough that more samples would not change the verdict."""
    if interval is None:
        return False
    if interval.excludes(1.0):
        return abs(math.sqrt(interval.low * interval.high) - 1) >= min_effect or (
            interval.low > 1 - min_effect and interval.high < 1 + min_effect
        )
    return interval.width <= 2 * min_effect


def is_settled(
    comparison: Comparison, min_effect: float = MIN_EFFECT, regression: float | None = None
) -> bool:
    """Whether more samples would not change the verdict, nor whether B is slower by more than
    `regression`, a share, where that is asked."""
    interval = comparison.interval
    if interval is None or comparison.verdict == UNSURE:
        return False
    if regression is not None and interval.width > 2 * min_effect:
        return interval.excludes(1 + regression)
    return is_narrow(interval, min_effect)


def is_regression(comparison: Comparison, at_least: float) -> bool:
    """Whether B is slower by more than a share (0.1 for 10 %), as far as the interval says."""
    return comparison.interval is not None and comparison.interval.low > 1 + at_least


def warnings(samples: Sequence[float], loads: Sequence[Load] = ()) -> list[str]:
    """Why numbers deserve less trust: a slow first run, spread, other load on the machine."""
    found = []
    if len(samples) >= MIN_PAIRS:
        rest = statistics.median(samples[1:])
        if rest > 0 and samples[0] > _SLOW_FIRST * rest:
            share = samples[0] / rest
            found.append(f"the first run took {share:.1f} times as long as the others")
        summary = summarise(samples)
        if summary.median > 0 and 1.4826 * summary.mad > _SPREAD * summary.median:
            share = 1.4826 * summary.mad / summary.median
            found.append(f"the runs spread by {share:.0%} of the median")
        elif summary.mad > 0:
            far = [s for s in samples[1:] if s > summary.median + 14.826 * summary.mad]
            if far:
                found.append(f"{len(far)} of {len(samples)} runs are far slower than the others")
    busy = [load for load in loads if load.per_core > 1 + _LOAD]
    if busy:
        worst = max(load.per_core for load in busy)
        found.append(f"something else ran on this machine (load {worst:.1f} a core)")
    stolen = [load.steal for load in loads if load.steal > _STEAL]
    if stolen:
        found.append(f"the hypervisor took up to {max(stolen):.0%} of the time")
    return found

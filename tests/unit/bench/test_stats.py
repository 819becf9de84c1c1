"""What the statistics promise, on generated samples with a fixed seed."""

from __future__ import annotations

import math

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imgopt.bench.stats import (
    Interval,
    Load,
    bootstrap_median,
    compare,
    is_regression,
    is_settled,
    ratio_interval,
    summarise,
    warnings,
)

TRIALS = 1000


def trials(effect: float, noise: float, pairs: int, seed: int) -> list[str]:
    """The verdicts of many comparisons of independent samples."""
    generator = numpy.random.default_rng(seed)
    found = []
    for _ in range(TRIALS):
        a = generator.normal(10, 10 * noise, pairs)
        b = generator.normal(10 * (1 + effect), 10 * (1 + effect) * noise, pairs)
        found.append(compare(a.tolist(), b.tolist()).verdict)
    return found


@pytest.mark.parametrize("pairs", [3, 5, 8, 16])
def test_no_effect_gives_a_verdict_in_at_most_2_percent(pairs: int) -> None:
    verdicts = trials(0.0, 0.05, pairs, 11)
    assert sum(v in ("faster", "slower") for v in verdicts) <= 0.02 * TRIALS


@pytest.mark.parametrize(("effect", "verdict"), [(0.1, "slower"), (-0.1, "faster")])
def test_10_percent_are_found_with_8_pairs_in_90_percent(effect: float, verdict: str) -> None:
    verdicts = trials(effect, 0.05, 8, 12)
    assert verdicts.count(verdict) >= 0.9 * TRIALS
    assert not {"faster", "slower"} - {verdict} & set(verdicts)


def test_quiet_samples_show_that_there_is_no_difference() -> None:
    verdicts = trials(0.0, 0.01, 8, 13)
    assert verdicts.count("no difference seen") >= 0.95 * TRIALS


def test_too_few_pairs_give_no_verdict() -> None:
    found = compare([1.0, 1.0], [9.0, 9.0])
    assert (found.verdict, found.interval) == ("needs more runs", None)
    assert compare([1.0] * 3, [9.0] * 3).verdict == "slower"
    assert not is_regression(found, 0.1)


def test_a_regression_is_what_the_interval_says() -> None:
    noisy = compare([1.0, 1.1, 0.9], [1.2, 1.5, 1.0])
    assert noisy.ratio > 1.1
    assert not is_regression(noisy, 0.1)
    assert is_regression(compare([1.0, 1.01, 0.99], [1.5, 1.51, 1.49]), 0.1)
    assert not is_regression(compare([1.0, 1.01, 0.99], [1.05, 1.06, 1.04]), 0.1)


POSITIVE = st.lists(st.floats(0.01, 1000), min_size=3, max_size=12)


def test_pairs_are_added_until_a_regression_is_sure() -> None:
    unsure = compare([1.0, 1.0, 1.0], [1.06, 1.14, 1.3])
    wide = compare([1.0, 1.1, 1.05], [2.0, 2.9, 2.4])
    assert wide.interval
    assert wide.interval.width > 0.12
    assert is_settled(wide)
    assert is_settled(wide, regression=0.1)
    assert not is_settled(wide, regression=1.0)
    assert not is_settled(unsure, regression=0.1)
    assert is_settled(compare([1.0, 1.001, 0.999], [1.099, 1.1, 1.101]), regression=0.1)
    assert not is_settled(compare([1.0] * 2, [2.0] * 2))


@given(POSITIVE, POSITIVE, st.floats(0.001, 1000))
def test_units_do_not_matter_and_sides_mirror(a: list[float], b: list[float], unit: float) -> None:
    one = ratio_interval(a, b)
    other = ratio_interval([v * unit for v in a], [v * unit for v in b])
    mirrored = ratio_interval(b, a)
    assert one and other and mirrored
    assert math.isclose(one.low, other.low, rel_tol=1e-6)
    assert math.isclose(one.low, 1 / mirrored.high, rel_tol=1e-6)
    assert one.low <= one.high


def test_the_bootstrap_interval_holds_the_median() -> None:
    interval = bootstrap_median([1.0, 1.1, 1.2, 1.3, 5.0])
    assert interval is not None
    assert interval.low <= 1.2 <= interval.high
    assert bootstrap_median([1.0, 2.0]) is None
    assert bootstrap_median([1.0, 1.0, 1.0]) == Interval(1.0, 1.0)


def test_warnings() -> None:
    assert warnings([1.0, 1.01, 0.99, 1.0]) == []
    assert "the first run took 2.0 times as long" in warnings([2.0, 1.0, 1.0, 1.01])[0]
    assert "spread by" in warnings([1.0, 1.5, 2.0, 1.2, 1.9])[0]
    assert "1 of 6 runs are far slower" in warnings([1.0, 1.01, 1.0, 0.99, 3.0, 1.01])[0]
    assert "load 3.0 a core" in warnings([1.0], [Load(3.0)])[0]
    assert "the hypervisor took up to 20%" in warnings([1.0], [Load(1.0, 0.2)])[0]
    assert summarise([3.0, 1.0, 2.0]).mad == 1.0

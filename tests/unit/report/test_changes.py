from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rows import START, sha

from imgopt.report import changes
from imgopt.report.changes_level import Step, steps
from imgopt.report.model import Metric, Point, Series


def noisy(*levels: tuple[float, int], cv: float = 0.05, seed: int = 1) -> list[list[float]]:
    rng = np.random.default_rng(seed)
    values = np.concatenate([np.full(count, level) for level, count in levels])
    return [[float(v)] for v in values * np.exp(rng.normal(0, cv, len(values)))]


def places(found: Sequence[Step]) -> list[int]:
    return [step.index for step in found]


def series(values: Sequence[Sequence[float]], metric: Metric = Metric.TIME) -> Series:
    points = [
        Point(sha(n), False, START + timedelta(days=n), f"change {n}", "Ada",
              float(np.median(v)), min(v), max(v), tuple(v), (n,))
        for n, v in enumerate(values)
    ]  # fmt: skip
    return Series("api", metric, "cold", "m", "v1", "shared", tuple(points))


def test_a_step_is_found_where_it_is_with_its_size() -> None:
    (step,) = steps(noisy((10.0, 20), (15.0, 20)))
    assert step.index == 20
    assert step.low < 1.5 < step.high
    assert step.ratio == pytest.approx(1.5, rel=0.05)
    assert step.confidence > 0.999


def test_steps_up_and_down_close_together_are_both_found() -> None:
    assert places(steps(noisy((10.0, 20), (16.0, 5), (10.0, 20)))) == [20, 25]


def test_one_commit_alone_is_an_outlier_and_two_are_a_level() -> None:
    values = noisy((10.0, 40))
    values[20] = [30.0]
    assert steps(values) == []
    values[21] = [30.0]
    assert places(steps(values)) == [20, 22]


def test_a_slow_drift_is_no_step() -> None:
    rng = np.random.default_rng(3)
    values = 10 * np.exp(np.linspace(0, 0.7, 60) + rng.normal(0, 0.05, 60))
    assert steps([[float(v)] for v in values]) == []


def test_a_stretch_that_was_measured_on_a_busy_machine_is_no_step() -> None:
    rng = np.random.default_rng(5)
    spread = [0.02] * 15 + [0.4] * 6 + [0.02] * 15
    values = [list(10 * np.exp(rng.normal(0, s, 5))) for s in spread]
    assert steps(values) == []


def test_the_first_commits_are_not_drawn_to_outliers_after_them() -> None:
    values = noisy((10.0, 40), cv=0.03)
    spread = [[10.0, 10.1, 9.9, 22.0, 23.0, 21.0]] * 2
    assert steps([*values[:2], *spread, *values[2:]]) == []
    assert steps([*values[:-2], *spread, *values[-2:]]) == []


def test_more_samples_find_smaller_steps() -> None:
    rng = np.random.default_rng(2)
    levels = [10.0] * 15 + [10.8] * 15
    many = [list(level * np.exp(rng.normal(0, 0.08, 9))) for level in levels]
    assert len(steps(many)) == 1
    assert steps([values[:1] for values in many]) == []


def test_few_points_tell_nothing() -> None:
    assert steps([]) == []
    assert steps([[1.0], [5.0], [5.0]]) == []


@settings(max_examples=40, deadline=None)
@given(st.floats(0.1, 1e6), st.integers(4, 60))
def test_what_is_constant_has_no_steps(value: float, count: int) -> None:
    assert steps([[value]] * count) == []
    assert steps([[value, value]] * count) == []


shapes = st.lists(st.tuples(st.sampled_from([5.0, 8.0, 20.0]), st.integers(4, 15)), min_size=1,
                  max_size=4)  # fmt: skip


@given(shapes, st.integers(0, 99), st.sampled_from([1e-3, 0.5, 2.0, 60.0, 1e3]))
@settings(max_examples=40, deadline=None)
def test_units_do_not_matter(shape: list[tuple[float, int]], seed: int, unit: float) -> None:
    values = noisy(*shape, seed=seed)
    found = steps(values)
    other = steps([[v * unit for v in point] for point in values])
    assert places(found) == places(other)
    for a, b in zip(found, other, strict=True):
        assert math.isclose(a.ratio, b.ratio, rel_tol=1e-9)
        assert math.isclose(a.after * unit, b.after, rel_tol=1e-9)


@given(shapes, st.integers(0, 99))
@settings(max_examples=40, deadline=None)
def test_laws_of_steps(shape: list[tuple[float, int]], seed: int) -> None:
    values = noisy(*shape, seed=seed)
    found = steps(values)
    assert places(found) == sorted(set(places(found)))
    for step in found:
        assert step.low < step.ratio < step.high
        assert (step.low > 1) == (step.ratio > 1) or step.confidence < 0.999
        assert 0.95 <= step.confidence <= 1
        assert step.earliest <= step.index <= step.latest
        assert 0 < step.index < len(values)


@given(shapes, st.integers(0, 99))
@settings(max_examples=40, deadline=None)
def test_a_series_read_backwards_has_its_steps_turned_round(
    shape: list[tuple[float, int]], seed: int
) -> None:
    values = noisy(*shape, cv=0.01, seed=seed)
    found, turned = steps(values), steps(values[::-1])
    assert places(found) == [len(values) - place for place in places(turned)][::-1]


@settings(max_examples=20, deadline=None)
@given(st.permutations(range(5)))
def test_the_order_of_a_points_samples_does_not_matter(order: list[int]) -> None:
    rng = np.random.default_rng(4)
    values = [list(level * np.exp(rng.normal(0, 0.05, 5))) for level in [10.0] * 9 + [14.0] * 9]
    mixed = [[point[place] for place in order] for point in values]
    assert places(steps(mixed)) == places(steps(values)) == [9]


def test_a_change_says_since_when_whose_and_between_which_points() -> None:
    (found,) = changes.find(series(noisy((10.0, 10), (15.0, 12))))
    change = found.change
    assert (change.commit, change.subject, change.author) == (sha(10), "change 10", "Ada")
    assert change.candidates == (sha(10),)
    assert change.before == pytest.approx(10, rel=0.05)
    assert change.after == pytest.approx(15, rel=0.05)
    assert (len(found.before), len(found.after)) == (10, 12)


def test_commits_that_were_not_built_are_candidates() -> None:
    values = series(noisy((10.0, 10), (15.0, 10)))
    commits = [sha(n) for n in range(9)] + [sha(9), "a" * 40, "b" * 40, sha(10), sha(11)]
    (found,) = changes.find(values, commits)
    assert found.change.candidates == ("a" * 40, "b" * 40, sha(10))


def test_sizes_change_wherever_they_differ_and_exactly() -> None:
    sizes = [[100e6], [100e6], [100.2e6], [130e6], [130e6], [65e6]]
    found = [f.change for f in changes.find(series(sizes, Metric.SIZE))]
    assert [c.commit for c in found] == [sha(3), sha(5)]
    assert [(c.ratio, c.low, c.high, c.confidence) for c in found] == [
        (130e6 / 100.2e6, 130e6 / 100.2e6, 130e6 / 100.2e6, 1.0),
        (0.5, 0.5, 0.5, 1.0),
    ]


def test_steps_that_nobody_would_act_on_are_left_out() -> None:
    values = [[10.0, 10.001]] * 10 + [[10.2, 10.201]] * 10
    assert len(steps(values)) == 1
    assert changes.find(series(values)) == []


@pytest.mark.parametrize("metric", [Metric.PULL, Metric.FAILURES, Metric.CACHE_HITS])
def test_other_metrics_have_no_change_points(metric: Metric) -> None:
    assert changes.find(series([[0.0]] * 5 + [[1.0]] * 5, metric)) == []


def test_times_of_zero_are_passed_over() -> None:
    assert changes.find(series([[0.0]] * 20)) == []


@pytest.mark.parametrize(
    ("cv", "size", "others"),
    [(0.05, 0.05, 0.58), (0.05, 0.1, 0.97), (0.1, 0.1, 0.53), (0.1, 0.2, 0.97), (0.15, 0.2, 0.82),
     (0.15, 0.5, 0.98)],
)  # fmt: skip
def test_as_many_steps_are_found_as_others_find(cv: float, size: float, others: float) -> None:
    """What Otava and ruptures find of such series: docs/change-points.md."""
    found = 0
    for seed in range(150):
        values = noisy((10.0, 30), (10.0 * (1 + size), 30), cv=cv, seed=seed)
        found += any(abs(place - 30) <= 5 for place in places(steps(values)))
    assert found / 150 >= others


def test_noise_alone_is_seldom_a_step() -> None:
    alarms = [len(steps(noisy((10.0, 60), cv=0.1, seed=seed))) for seed in range(300)]
    assert sum(alarms) / (300 * 60) * 500 <= 0.25


@pytest.mark.parametrize("points", range(4, 12))
def test_a_clear_step_in_a_short_series_is_found(points: int) -> None:
    """The first points of a level are not drawn to the level behind it."""
    levels = [4.0] * points + [9.0] * points
    found = steps([[value, value * 1.004, value * 1.008] for value in levels])
    assert [step.index for step in found] == [points]

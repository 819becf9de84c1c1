"""Which commits are built to locate the steps of a series."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from imgopt.bench.steps import Outcome, difference, locate


def of(*seconds: float, size: int = 100_000_000) -> Outcome:
    return Outcome({"cold": seconds}, size)


def counted(series: list[Outcome | None]) -> tuple[list[int], Callable[[int], Outcome | None]]:
    asked: list[int] = []

    def outcome(index: int) -> Outcome | None:
        asked.append(index)
        return series[index]

    return asked, outcome


def test_noise_is_no_difference_and_a_step_is() -> None:
    assert difference(of(10, 10.3, 9.9), of(10.2, 9.8, 10.4)) == 0
    assert difference(of(10, 10.3, 9.9), of(15.2, 14.8, 15.4)) > 0
    # One sample a side says little: a fifth more may be noise, a half more is not.
    assert difference(of(10), of(12)) == 0
    assert difference(of(10), of(15)) > 0
    # A spread that is great on one side hides a step that would else be one.
    assert difference(of(10, 10, 10), of(9, 14, 19)) == 0


def test_sizes_have_no_noise_but_a_few_bytes_are_no_step() -> None:
    assert difference(of(10), of(10, size=100_000_400)) == 0
    assert difference(of(10), of(10, size=102_000_000)) > 0


def test_a_commit_that_fails_differs_from_one_that_does_not() -> None:
    failed = Outcome(is_failed=True)
    assert difference(failed, of(10)) == difference(None, of(10)) == float("inf")
    assert difference(failed, failed) == difference(None, None) == 0
    assert difference(None, failed) == float("inf")


def test_other_scenarios_and_times_of_nothing_are_not_compared() -> None:
    assert difference(of(10), Outcome({"warm": (99.0,)}, 100_000_000)) == 0
    assert difference(of(0.0), of(5.0)) == 0
    assert difference(of(), of(5.0)) == 0


@pytest.mark.parametrize("at", [1, 2, 17, 99])
def test_one_step_takes_as_many_builds_as_halving_does(at: int) -> None:
    series: list[Outcome | None] = [of(10) if i < at else of(20) for i in range(100)]
    asked, outcome = counted(series)
    assert locate(100, outcome) == [at]
    assert len(asked) == len(set(asked)) <= 2 + 7


def test_all_steps_are_found_where_the_ends_show_them() -> None:
    sizes = [100] * 20 + [200] * 20 + [400] * 24
    series: list[Outcome | None] = [of(10, size=s * 1_000_000) for s in sizes]
    asked, outcome = counted(series)
    assert locate(64, outcome) == [20, 40]
    assert len(asked) <= 2 + 2 * 6


def test_equal_ends_cost_two_builds() -> None:
    asked, outcome = counted([of(10) for _ in range(50)])
    assert locate(50, outcome) == []
    assert asked == [0, 49]


def test_short_series() -> None:
    assert locate(0, counted([])[1]) == []
    assert locate(1, counted([of(1)])[1]) == []
    assert locate(2, counted([of(1), of(2)])[1]) == [1]


def test_a_limit_leaves_the_smallest_differences_for_later() -> None:
    class Over(Exception):
        pass

    sizes = [100] * 8 + [110] * 8 + [900] * 8
    asked: list[int] = []

    def outcome(index: int) -> Outcome:
        if len(asked) == 5:
            raise Over
        asked.append(index)
        return of(10, size=sizes[index] * 1_000_000)

    with pytest.raises(Over):
        locate(24, outcome)
    # Both ends, the middle, and then the half that holds the step from 110 to 900.
    assert asked[:3] == [0, 23, 11]
    assert all(11 < index < 23 for index in asked[3:])

"""Limits held against what was spent."""

from __future__ import annotations

from imgopt.report.budgets import Cost, Spent, judge
from imgopt.report.model import Unit


def test_what_is_over_says_by_how_much_and_which_line_costs_most() -> None:
    most = Cost(7, "RUN pip install", 120e6)
    size, cold, waste = judge(
        {"size": 250e6, "cold": 90.0, "waste": 1e6},
        {"size": Spent(262e6, most), "cold": Spent(90.0), "other": Spent(1)},
    )
    assert (size.unit, size.over, size.most, size.is_broken) == (Unit.BYTES, 12e6, most, True)
    assert (cold.unit, cold.over, cold.is_broken) == (Unit.SECONDS, 0, False)  # exactly at it
    assert waste.value is None
    assert (waste.note, waste.is_broken) == ("not measured", False)


def test_any_other_name_is_a_scenario() -> None:
    (verdict,) = judge({"findings": 3}, {"findings": Spent(4)})
    assert (verdict.unit, verdict.over) == (Unit.COUNT, 1)
    (verdict,) = judge({"my-scenario": 3}, {"my-scenario": Spent(4)})
    assert verdict.unit is Unit.SECONDS

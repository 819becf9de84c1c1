from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imgopt.report import quantity, ticks
from imgopt.report.model import Unit

START = datetime(2026, 1, 5, tzinfo=UTC)


def names(span: timedelta, most: int = 6, start: datetime = START) -> list[str]:
    low = ticks.seconds(start)
    return [name for _, name in ticks.times(low, low + span.total_seconds(), most)]


def test_times_are_named_by_what_they_are_apart() -> None:
    assert names(timedelta(hours=5)) == ["5 Jan 00:00", "01:00", "02:00", "03:00", "04:00", "05:00"]
    assert names(timedelta(days=28)) == ["5 Jan", "12 Jan", "19 Jan", "26 Jan", "2 Feb"]
    assert names(timedelta(days=150)) == ["Feb 2026", "Mar", "Apr", "May", "Jun"]
    assert names(timedelta(days=1500))[:3] == ["2027", "2028", "2029"]
    assert names(timedelta(0)) != []


@given(
    st.datetimes(timezones=st.just(UTC)),
    st.floats(0, 3e11),
    st.integers(2, 8),
)
def test_all_times_have_few_ticks_in_their_span(at: datetime, span: float, most: int) -> None:
    low = ticks.seconds(at)
    found = ticks.times(low, low + span, most)
    assert len(found) <= most + 2
    marks = [mark for mark, _ in found]
    assert marks == sorted(set(marks))
    assert all(low <= mark <= low + span for mark in marks) or span < 2


@pytest.mark.parametrize(
    ("low", "high", "unit", "shown"),
    [
        (0, 10.4, Unit.SECONDS, ["0", "5 s", "10 s"]),
        (0, 700, Unit.SECONDS, ["0", "5 min", "10 min"]),
        (0, 343e6, Unit.BYTES, ["0", "100 MB", "200 MB", "300 MB"]),
        (0, 2.4e9, Unit.BYTES, ["0", "1 GB", "2 GB"]),
        (0, 1.03, Unit.SHARE, ["0", "50 %", "100 %"]),
        (0, 1.1, Unit.COUNT, ["0", "1"]),
    ],
)
def test_values_have_round_ticks_with_their_unit(
    low: float, high: float, unit: Unit, shown: list[str]
) -> None:
    assert [name for _, name in ticks.values(low, high, unit, 3)] == shown


@given(st.floats(-1e12, 1e15), st.floats(0, 1e15), st.sampled_from(list(Unit)), st.integers(2, 6))
def test_values_have_some_ticks_and_not_many(
    low: float, span: float, unit: Unit, most: int
) -> None:
    found = ticks.values(low, low + span, unit, most)
    assert len(found) <= 2 * most + 1


@given(st.floats(1e-6, 1e12), st.floats(1.01, 1e12))
def test_logarithmic_axes_have_few_ticks_inside(low: float, ratio: float) -> None:
    found = ticks.log_values(low, low * ratio, Unit.BYTES, 4)
    assert len(found) <= 5
    assert all(low <= mark <= low * ratio for mark, _ in found)


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.4172, Unit.SECONDS, "0.417 s"),
        (42.0, Unit.SECONDS, "42 s"),
        (150.0, Unit.SECONDS, "2.5 min"),
        (9000.0, Unit.SECONDS, "2.5 h"),
        (232_400_000, Unit.BYTES, "232 MB"),
        (1_234_000_000, Unit.BYTES, "1.23 GB"),
        (950, Unit.BYTES, "950 B"),
        (0.873, Unit.SHARE, "87.3 %"),
        (1234, Unit.COUNT, "1,234"),
        (-0.59, Unit.SECONDS, "−0.59 s"),
        (0.0, Unit.BYTES, "0 B"),
        (float("nan"), Unit.SECONDS, "– s"),
    ],
)
def test_values_are_written_with_three_digits(value: float, unit: Unit, text: str) -> None:
    assert quantity.text(value, unit) == text


@pytest.mark.parametrize(
    ("ratio", "text"),
    [(1.382, "+38 %"), (0.955, "−4.5 %"), (2.4, "×2.4"), (1.0, "±0 %"), (1.0004, "±0 %"),
     (0.42, "−58 %"), (12.0, "×12"), (0.0, "–"), (float("inf"), "–")],
)  # fmt: skip
def test_ratios_are_written_as_people_say_them(ratio: float, text: str) -> None:
    assert quantity.change(ratio) == text

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from imgopt.report import chart_text, thin


@given(
    st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=400),
    st.integers(1, 60),
    st.lists(st.integers(-5, 500), max_size=4),
)
def test_few_points_keep_ends_extremes_and_what_is_asked_for(
    values: list[float], columns: int, keep: list[int]
) -> None:
    found = thin.places(values, columns, keep)
    assert found == sorted(set(found))
    assert len(found) <= 2 * columns + 2 + len(keep)
    kept = [values[n] for n in found]
    assert (max(kept), min(kept)) == (max(values), min(values))
    assert found[0] == 0
    assert found[-1] == len(values) - 1
    assert {k for k in keep if 0 <= k < len(values)} <= set(found)


@given(st.lists(st.integers(0, 3), min_size=1, max_size=60))
def test_corners_of_steps_say_all_of_them(values: list[int]) -> None:
    found = thin.corners(values, 0)
    steps = dict.fromkeys(found)
    last = values[0]
    for number, value in enumerate(values):
        last = values[number] if number in steps else last
        assert value == last


def test_names_are_cut_in_the_middle_and_commands_at_their_end() -> None:
    assert chart_text.shown("a\x1b[31m\u202eb\tc\n d", 20) == "a\ufffd[31m\ufffdb c d"
    assert chart_text.shown("code-change-of-ours 4 s", 12) == "code-c…s 4 s"
    assert chart_text.shown("10 RUN pip install -r x", 12, True) == "10 RUN pip…"
    assert len(chart_text.shown("n" * 10**6, 30)) == 30
    assert chart_text.instruction("RUN --mount=type=cache,target=/x npm ci") == "RUN npm ci"

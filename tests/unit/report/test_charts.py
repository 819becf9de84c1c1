"""What is in the pictures: every point, every line's name, and nothing over anything else."""

from __future__ import annotations

from itertools import combinations, pairwise

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Text
from records import record

from imgopt.records.build import BuildRecord, BuiltImage
from imgopt.report import charts, trends
from imgopt.report.labels import spread

SCENARIOS = {"cold": 40.0, "warm": 0.4, "code-change": 0.41, "deps-change": 9.0, "ci": 39.5}


def sized(number: int, service: str, size: int, **changes: object) -> BuildRecord:
    image = BuiltImage("sha256:i", size, ())
    return record(number, service=service, image=image, **changes)


def timed(commits: int = 8) -> pd.DataFrame:
    """Five scenarios with whiskers; the last commit is slow, and has uncommitted changes, too."""
    records = [
        record(n, scenario=name, sample=s, dirty=dirty,
               duration_s=seconds * (1 + s / 5) * (3 if n == commits - 1 else 1))
        for n in range(commits)
        for dirty in ([False, True] if n == commits - 1 else [False])
        for name, seconds in SCENARIOS.items()
        for s in range(3)
    ]  # fmt: skip
    return trends.points(records)


def series(figure: Figure) -> list[Line2D]:
    """The lines with points, in the order in which they are drawn."""
    lines = [c.lines[0] for c in figure.axes[0].containers]
    return sorted(lines, key=lambda line: line.get_zorder())


def names(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.axes[0].texts]


@pytest.mark.parametrize("commits", [1, 2, 8, 90])
def test_no_point_and_no_whisker_is_clipped(commits: int) -> None:
    frame = timed(commits)
    figure = charts.build_time(frame, "api")
    axes = figure.axes[0]
    low, high = axes.get_ylim()
    left, right = axes.get_xlim()
    assert low < (frame["median_s"] - frame["mad_s"]).min()
    assert high > (frame["median_s"] + frame["mad_s"]).max()
    for line in series(figure):
        assert all(left < x < right for x in line.get_xdata())
        assert not line.get_clip_on()
    assert sum(len(line.get_xdata()) for line in series(figure)) == len(frame)


def test_every_line_is_named_beside_the_axes_and_no_name_is_over_another() -> None:
    figure = charts.build_time(timed(), "api")
    assert sorted(names(figure)) == sorted(SCENARIOS)
    assert figure.axes[0].get_legend() is None
    figure.draw_without_rendering()
    inside = figure.axes[0].get_window_extent()
    # Without the line that ties a name to its point.
    boxes = [Text.get_window_extent(text) for text in figure.axes[0].texts]
    for box in boxes:
        assert box.x0 >= inside.x1
        assert box.x1 <= figure.bbox.x1
    for one, other in combinations(boxes, 2):
        assert not one.overlaps(other)


def test_services_of_one_size_do_not_hide_each_other() -> None:
    records = [sized(n, name, 232_000_000) for n in range(5) for name in ("a", "b", "c")]
    records += [sized(n, "small", 88_000_000) for n in range(5)]
    figure = charts.image_size(trends.points(records))
    lines = dict(zip("abcs", series(figure), strict=True))
    drawn = [lines[name] for name in "abc"]
    for below, above in pairwise(drawn):
        assert below.get_zorder() < above.get_zorder()
        assert below.get_linewidth() > above.get_linewidth() + 1
        assert below.get_markersize() > above.get_markersize() + 2
    assert lines["s"].get_linewidth() == lines["c"].get_linewidth()
    assert len({line.get_color() for line in drawn}) == 3


def test_sizes_begin_at_zero_and_times_that_differ_much_are_on_a_log_axis() -> None:
    sizes = charts.image_size(trends.points([sized(0, "a", 300_000_000), sized(0, "b", 1_000_000)]))
    assert sizes.axes[0].get_yscale() == "linear"
    assert sizes.axes[0].get_ylim()[0] < 0
    assert charts.build_time(timed(), "api").axes[0].get_yscale() == "log"
    near = trends.points([record(0), record(1)])
    assert charts.build_time(near, "api").axes[0].get_yscale() == "linear"


def test_what_a_commits_name_does_not_say_is_said_below_it() -> None:
    assert "+ after a commit: with uncommitted changes" in (
        charts.build_time(timed(), "api").axes[0].get_xlabel()
    )
    clean = charts.image_size(trends.points([record(0)]))
    assert clean.axes[0].get_xlabel() == ""
    outside = charts.image_size(trends.points([record(0, commit="")]))
    assert outside.axes[0].get_xlabel() == "none: not in git"
    assert [t.get_text() for t in outside.axes[0].get_xticklabels()] == ["none"]


def test_many_lines_and_odd_names_fit() -> None:
    records = [sized(0, f"service $x^2$ {n} " + "long" * 30, 10_000_000 * n) for n in range(40)]
    figure = charts.image_size(trends.points(records))
    assert all(len(name) <= 30 for name in names(figure))
    looks = {(line.get_color(), line.get_marker()) for line in series(figure)}
    assert len(looks) == 40
    assert charts.render(figure).startswith(b"\x89PNG")


@pytest.mark.parametrize("seconds", [0.0, -5.0])  # of a clock that was set back
def test_durations_that_are_none_are_no_trouble(seconds: float) -> None:
    frame = trends.points([sized(0, "a", 0, duration_s=seconds), sized(0, "a", 0, duration_s=1.0)])
    assert charts.render(charts.image_size(frame))
    assert charts.render(charts.build_time(frame, "a"))


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30), st.floats(0.001, 0.3))
def test_labels_are_apart_in_order_and_inside(wanted: list[float], room: float) -> None:
    found = spread(wanted, room)
    ordered = sorted(found)
    least = min(room, 1 / max(len(wanted) - 1, 1))
    assert all(b - a >= least - 1e-9 for a, b in pairwise(ordered))
    assert ordered[0] >= -1e-9
    assert ordered[-1] <= 1 + 1e-9
    assert [w for _, w in sorted(zip(found, wanted, strict=True))] == sorted(wanted)
    if all(b - a >= room for a, b in pairwise(sorted(wanted))):
        assert found == pytest.approx(wanted)

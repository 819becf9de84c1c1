"""What is in the pictures: every point, every line's name, and nothing over anything else."""

from __future__ import annotations

import re
from itertools import combinations, pairwise

import msgspec
import pytest
import report_data
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from imgopt.report import charts, palette, pictures, size_chart
from imgopt.report.canvas import ALONE, MAIN, NARROW, Chart
from imgopt.report.labels import spread
from imgopt.report.model import Metric, Part, ReportData, ServiceReport

SCENARIOS = ("cold", "code-change", "deps-change", "ci", "our-own")


def build_time(report: ReportData, number: int = 0, sheet: object = MAIN) -> Chart:
    looks = palette.looks(charts.scenarios_of(report))
    chart = charts.build_time(report.services[number], looks, charts.times_of(report), sheet)
    assert chart is not None
    return chart


def image_size(report: ReportData, number: int = 0) -> Chart:
    span = charts.times_of(report)
    chart = size_chart.image_size(report.services[number], {}, span, MAIN)
    assert chart is not None
    return chart


def texts(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.axes[0].texts]


@pytest.mark.parametrize("commits", [1, 2, 8, 90])
def test_no_point_is_outside_the_axes(commits: int) -> None:
    report = report_data.report(commits, ("web", "api"), scenarios=SCENARIOS, breaks=False)
    chart = build_time(report, 1)
    axes = chart.figure.axes[0]
    low, high = axes.get_ylim()
    left, right = axes.get_xlim()
    drawn = [line for line in axes.lines if len(line.get_xdata()) == commits]
    assert len([line for line in drawn if to_hex(line.get_color()) != "#000000"]) >= len(SCENARIOS)
    for line in drawn:
        assert all(left < x < right for x in line.get_xdata())
        assert all(low < y < high for y in line.get_ydata())


@pytest.mark.parametrize("sheet", [MAIN, NARROW, ALONE])
def test_every_line_is_named_with_its_last_value_and_no_name_is_over_another(sheet: object) -> None:
    report = report_data.report(30, ("api",), scenarios=SCENARIOS)
    chart = build_time(report, sheet=sheet)
    figure = chart.figure
    for name in SCENARIOS:
        assert any(text.startswith(name) and text.endswith("s") for text in texts(figure))
    assert figure.axes[0].get_legend() is None
    figure.draw_without_rendering()
    inside = figure.axes[0].get_window_extent()
    boxes = [
        text.get_window_extent()
        for text in figure.axes[0].texts
        if text.get_transform() == figure.axes[0].transAxes
    ]
    assert len(boxes) == len(SCENARIOS)
    for box in boxes:
        assert box.x0 >= inside.x1
        assert box.x1 <= figure.bbox.x1 + 1
    for one, other in combinations(boxes, 2):
        assert not one.overlaps(other)


def test_a_scenario_has_one_colour_in_all_charts() -> None:
    few = palette.looks(["code-change", "cold"])
    assert few == palette.looks(["cold", "code-change", "cold"])
    assert len(set(palette.looks(f"s{n}" for n in range(24)).values())) == 24
    report = report_data.report(10, ("api", "web"), scenarios=SCENARIOS)
    colours = [
        {
            t.get_text().split(" ")[0]: t.get_color()
            for t in build_time(report, n).figure.axes[0].texts
        }
        for n in (0, 1)
    ]
    for name in SCENARIOS:
        assert colours[0][name] == colours[1][name]


def test_marks_of_changes_lie_on_their_points_and_link_to_them() -> None:
    report = report_data.report(40, ("api",))
    looks = palette.looks(charts.scenarios_of(report))
    span = charts.times_of(report)
    chart = charts.build_time(
        report.services[0], looks, span, MAIN, {1: "#change-1-2", 2: "#change-1-3"}, {0: "#failed"}
    )
    assert chart is not None
    text = pictures.svg(chart, pictures.Styles(), "c1")
    found = set(re.findall(r'<a href="([^"]*)" aria-label="([^"]+)"', text))
    assert {link for link, _ in found} == {"#change-1-2", "#change-1-3", "#failed"}
    assert any(name.startswith("code-change ×2.4 since ") for _, name in found)
    assert {"×2.4", "−58 %"} <= set(texts(chart.figure))
    series = next(s for s in report.services[0].series if s.scenario == "code-change")
    values = {p.commit: p.value for p in series.points}
    offsets = [
        (float(y), p.get_urls())
        for p in chart.figure.axes[0].collections
        for _, y in p.get_offsets()
        if any(url and "change" in url for url in p.get_urls() or [])
    ]
    assert {y for y, _ in offsets} == {values[c.commit] for c in report.services[0].changes[1:]}


def test_another_engine_is_a_break_and_no_line_goes_over_it() -> None:
    report = report_data.report(20, ("api", "web"))
    chart = build_time(report, 1)
    assert "new engine" in texts(chart.figure)
    assert "┊ new machine or engine" in chart.key
    last_before = [s.points[-1].at for s in report.services[1].series if s.engine.endswith("28.5")]
    for line in chart.figure.axes[0].lines:
        at = list(line.get_xdata())
        border = max(last_before).timestamp()
        assert all(x <= border for x in at) or all(x > border for x in at) or len(at) == 2
    assert "new engine" not in texts(build_time(report, 0).figure)


def test_machines_side_by_side_are_lines_of_their_own() -> None:
    report = report_data.report(12, ("api",), scenarios=("cold",))
    service = report.services[0]
    other = tuple(msgspec.structs.replace(s, machine="arm") for s in service.series)
    both = msgspec.structs.replace(service, series=service.series + other)
    chart = build_time(msgspec.structs.replace(report, services=(both,)))
    names = " | ".join(texts(chart.figure))
    assert "cold (arm)" in names
    assert "new machine" not in names


def test_budgets_are_drawn_where_they_are_near_and_told_where_they_are_not() -> None:
    near = build_time(report_data.report(20, ("api",)))
    assert "code-change budget 2 s" in texts(near.figure)
    report = report_data.report(20, ("api",), scenarios=("code-change",))
    far = build_time(msgspec.structs.replace(
        report,
        services=(msgspec.structs.replace(report.services[0], budgets={"code-change": 600.0}),),
    ))  # fmt: skip
    assert "code-change budget 600 s" not in texts(far.figure)
    assert "code-change budget 10 min, above this chart" in far.key


def test_sizes_are_stacked_by_line_up_to_the_whole() -> None:
    report = report_data.report(20, ("api",))
    points = next(s for s in report.services[0].series if s.metric is Metric.SIZE).points
    bands = size_chart.bands(points)
    assert [band.line for band in bands] == sorted(band.line for band in bands)
    assert bands[0].key[0] == "FROM python:3.12-slim"
    tops = size_chart.heights(points[-1], bands)
    assert tops == sorted(tops)
    assert tops[-1] == points[-1].value
    chart = image_size(report)
    assert chart.figure.axes[0].get_ylim()[0] == 0
    assert any(text.startswith("1 FROM python") for text in texts(chart.figure))


def test_times_that_differ_much_are_on_a_log_axis() -> None:
    assert build_time(report_data.report(5, ("api",))).frame.scale.log
    near = report_data.report(5, ("api",), scenarios=("cold", "ci"))
    assert not build_time(near).frame.scale.log


def test_a_thousand_commits_are_few_points_that_keep_the_extremes() -> None:
    report = report_data.report(1000, ("api",))
    points = next(s for s in report.services[0].series if s.scenario == "cold").points
    chart = build_time(report)
    line = chart.figure.axes[0].lines[0]
    assert len(line.get_xdata()) < 300
    assert max(line.get_ydata()) == max(p.value for p in points)
    assert min(line.get_ydata()) == min(p.value for p in points)


@pytest.mark.parametrize("value", [0.0, -5.0, float("inf"), float("nan"), 1e300])
def test_values_that_are_none_are_no_trouble(value: float) -> None:
    report = report_data.report(4, ("api",))
    service = report.services[0]
    series = tuple(
        msgspec.structs.replace(s, points=(
            msgspec.structs.replace(s.points[0], value=value, low=value, high=value),
            *s.points[1:],
        ))
        for s in service.series
    )  # fmt: skip
    changed: ServiceReport = msgspec.structs.replace(service, series=series)
    whole = msgspec.structs.replace(report, services=(changed,))
    looks, span = palette.looks(charts.scenarios_of(whole)), charts.times_of(whole)
    assert pictures.png(build_time(whole)).startswith(b"\x89PNG")
    assert pictures.png(image_size(whole)).startswith(b"\x89PNG")
    small = charts.followed(changed, Metric.PULL, looks, span)
    assert small is not None
    assert pictures.png(small).startswith(b"\x89PNG")


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


def test_lines_of_one_text_are_kept_apart_and_move_with_the_file() -> None:
    report = report_data.report(1, ("api",))
    point = next(s for s in report.services[0].series if s.metric is Metric.SIZE).points[0]
    before = msgspec.structs.replace(point, parts=(
        Part(0, "", 50.0), Part(4, "RUN", 30.0), Part(9, "RUN", 20.0),
    ), value=100.0)  # fmt: skip
    after = msgspec.structs.replace(point, parts=(
        Part(0, "", 50.0), Part(6, "RUN", 30.0), Part(11, "RUN", 60.0),
    ), value=140.0)  # fmt: skip
    bands = size_chart.bands([before, after])
    assert [band.name for band in bands] == ["base image", "6 RUN", "11 RUN"]
    named = size_chart.bands([before, after], {6: "RUN --network=none npm ci", 11: "COPY . ."})
    assert [band.name for band in named] == ["base image", "6 RUN npm ci", "11 RUN"]
    assert size_chart.heights(before, bands) == [50.0, 80.0, 100.0, 100.0]
    assert size_chart.heights(after, bands) == [50.0, 80.0, 140.0, 140.0]


def test_small_charts_name_their_lines_where_they_have_several() -> None:
    report = report_data.report(9, ("api",))
    service = report.services[0]
    hits = next(s for s in service.series if s.metric is Metric.CACHE_HITS)
    both = tuple(msgspec.structs.replace(hits, scenario=name) for name in ("cold", "ci"))
    looks, span = palette.looks(["cold", "ci"]), charts.times_of(report)
    several = msgspec.structs.replace(service, series=both)
    found = charts.followed(several, Metric.CACHE_HITS, looks, span)
    assert found is not None
    assert {"cold", "ci"} <= set(texts(found.figure))
    one = charts.followed(service, Metric.CONTEXT, looks, span)
    assert one is not None
    assert not [text for text in texts(one.figure) if not re.match(r"\d|[A-Z]", text)]

"""The charts of a report's services, but for sizes by Dockerfile line (`size_chart`)."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

from matplotlib.axes import Axes

from imgopt.report import lanes, marks, quantity, thin
from imgopt.report.canvas import (
    SMALL,
    SMALL_NAMED,
    Chart,
    Scale,
    Sheet,
    Span,
    canvas,
    colour,
    scale,
)
from imgopt.report.canvas import span as make_span
from imgopt.report.labels import Label, write
from imgopt.report.lanes import Lane
from imgopt.report.model import Metric, Point, ReportData, ServiceReport
from imgopt.report.palette import Look
from imgopt.report.ticks import seconds

_FEW = 45  # points of a line that are drawn as dots, too
_NAMED = 5  # lines of a small chart that have a name
_FAR = 1.6  # how far above all values a budget may be and still be drawn
_WEEK_S = 7 * 86400.0

NO_LINKS: Mapping[int, str] = {}


def times_of(report: ReportData) -> Span:
    """The time axis of all charts of a report."""
    dates = [seconds(p.at) for s in report.services for one in s.series for p in one.points]
    dates += [seconds(failed.at) for service in report.services for failed in service.failed]
    return make_span(dates, seconds(report.made_at) - _WEEK_S if report.weekly else None)


def scenarios_of(report: ReportData) -> list[str]:
    """The names of all scenarios of a report."""
    return [s.scenario for service in report.services for s in service.series if s.scenario]


def build_time(
    service: ServiceReport,
    looks: Mapping[str, Look],
    span: Span,
    sheet: Sheet,
    change_links: Mapping[int, str] = NO_LINKS,
    failed_links: Mapping[int, str] = NO_LINKS,
) -> Chart | None:
    """Build time of a service: a line a scenario with its spread as a band; None without any."""
    drawn, more = lanes.of(service, Metric.TIME, looks)
    if not drawn:
        return None
    limits = [
        (service.budgets[name], look.shade, name)
        for name, look in looks.items()
        if name in service.budgets and any(lane.scenario == name for lane in drawn)
    ]
    chart, axes = _lines(drawn, span, sheet, [limit for limit, _, _ in limits], may_be_log=True)
    for limit, shade, name in limits:
        marks.budget(axes, chart, limit, Metric.TIME.unit, f"{name} budget", shade)
    marks.breaks(axes, chart, drawn)
    marks.failures(axes, chart, service, failed_links)
    marks.changes(axes, chart, service, Metric.TIME, drawn, change_links)
    if any(p.low < p.high for lane in drawn for p in lane.points):
        chart.key.append("shaded: spread of the samples")
    if chart.frame.scale.log:
        chart.key.append("log scale")
    if more:
        chart.key.append(f"{more} more lines of other machines are not drawn")
    _names(axes, chart, drawn)
    return chart


def followed(
    service: ServiceReport,
    metric: Metric,
    looks: Mapping[str, Look],
    span: Span,
    change_links: Mapping[int, str] = NO_LINKS,
) -> Chart | None:
    """A small chart of one of the other metrics; None without a point of it."""
    drawn, _more = lanes.of(service, metric, looks)
    if not drawn:
        return None
    limit = service.budgets.get(str(metric))
    sheet = SMALL if len(drawn) == 1 else SMALL_NAMED
    chart, axes = _lines(drawn, span, sheet, [] if limit is None else [limit])
    if len(drawn) > 1:
        write(axes, chart.frame, [_end(lane, lane.name) for lane in drawn[:_NAMED]])
    if limit is not None:
        marks.budget(axes, chart, limit, metric.unit, "budget", "budget")
    marks.breaks(axes, chart, drawn, named=False)
    marks.changes(axes, chart, service, metric, drawn, change_links)
    return chart


def _lines(
    drawn: Sequence[Lane],
    span: Span,
    sheet: Sheet,
    limits: Sequence[float],
    may_be_log: bool = False,
) -> tuple[Chart, Axes]:
    """A chart with the lines and their bands."""
    unit = drawn[0].unit
    points = [p for lane in drawn for p in lane.points]
    highs = [max(p.high, p.value) for p in points]
    near = [limit for limit in limits if limit <= _FAR * max(highs, default=0.0)]
    lows = [min(p.low, p.value) for p in points]
    chart, axes = canvas(sheet, span, scale(lows, [*highs, *near], may_be_log, unit), unit)
    few = max((len(lane.points) for lane in drawn), default=0) <= _FEW
    for lane in drawn:
        for run in lane.runs:
            _line(axes, lane, run, few, int(sheet.plot_width // 3), chart.frame.scale)
    return chart, axes


def _line(
    axes: Axes, lane: Lane, points: Sequence[Point], few: bool, columns: int, scale: Scale
) -> None:
    chosen = thin.places([p.value for p in points], columns)
    at = [seconds(points[n].at) for n in chosen]
    values = [points[n].value for n in chosen]
    if any(p.low < p.high for p in points):
        wide = [*_groups(points, columns)]
        low = scale.low if scale.log else -math.inf
        axes.fill_between(
            [seconds(group[len(group) // 2].at) for group in wide],
            [max(min(p.low for p in group), low) for group in wide],
            [max(p.high for p in group) for group in wide],
            color=colour(lane.look.shade), alpha=0.16, linewidth=0, zorder=2,
        )  # fmt: skip
    dot = 3.4 if few or len(points) == 1 else 0
    axes.plot(
        at, values, color=colour(lane.look.shade), linestyle=lane.look.dash,
        linewidth=1.5 if few else 1.2, marker="o" if dot else "", markersize=dot, zorder=3,
        solid_joinstyle="round", clip_on=False,
    )  # fmt: skip


def _groups(points: Sequence[Point], columns: int) -> Iterable[Sequence[Point]]:
    """The points of each column of a band: each alone where there are few."""
    count = len(points)
    columns = min(columns, count)
    for number in range(columns):
        yield points[number * count // columns : (number + 1) * count // columns]


def _names(axes: Axes, chart: Chart, drawn: Sequence[Lane]) -> None:
    """Each line's name and last value, at its end."""
    ends = [quantity.text(lane.points[-1].value, lane.unit, 2) for lane in drawn]
    labels = [_end(lane, f"{lane.name} {end}") for lane, end in zip(drawn, ends, strict=True)]
    write(axes, chart.frame, labels)


def _end(lane: Lane, text: str) -> Label:
    last, shade = lane.points[-1], lane.look.shade
    return Label(text, seconds(last.at), last.value, shade, shade)

"""The table of all services: where each is, and which way it went."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from statistics import median

from imgopt.formats.page import rows
from imgopt.formats.page.rows import Cell, Table
from imgopt.report import quantity
from imgopt.report.model import Metric, Point, ReportData, Series, ServiceReport, Unit

_SCENARIOS = 3  # of build times
_ENDS = 5  # commits at either end whose medians are compared
_STILL = 0.05  # a ratio that is nearer to one has no colour
_USUAL = ("ci", "local", "", "code-change")  # whose cache hits are shown, if there are any


def overview(report: ReportData, scenarios: Sequence[str]) -> Table:
    """A row a service: last values, and how they moved."""
    head = ["Service"]
    for name in scenarios:
        head += [rows.text(name, 24), "change"]
    head += ["Image", "change", "Cache hits", "Changes", "Failed builds"]
    found = []
    for number, service in enumerate(report.services, 1):
        cells = [Cell(rows.text(service.service, 40), link=f"#service-{number}")]
        for name in scenarios:
            cells += _last_and_change(report, service, Metric.TIME, name)
        cells += _last_and_change(report, service, Metric.SIZE)
        cells.append(_hits(service))
        cells.append(Cell(str(len(service.changes)), len(service.changes), "number"))
        cells.append(Cell(str(len(service.failed)), len(service.failed), "number"))
        found.append(tuple(cells))
    compared = f"of the last {_ENDS} commits against the first {_ENDS}"
    if report.weekly:
        compared = "of this week against the four weeks before"
    note = f"Last values. Change: the median {compared}, on the same machine and engine."
    return Table("All services", tuple(head), tuple(found), note)


def common(report: ReportData, ordered: Sequence[str]) -> list[str]:
    """Which scenarios the table of all services has: those that most have, in that order."""
    counts = {
        name: sum(bool(_series(one, Metric.TIME, name)) for one in report.services)
        for name in ordered
    }
    kept = sorted((name for name in ordered if counts[name]), key=lambda name: -counts[name])
    return [name for name in ordered if name in kept[:_SCENARIOS]]


def _series(service: ServiceReport, metric: Metric, scenario: str | None = None) -> list[Series]:
    found = [
        s
        for s in service.series
        if s.metric is metric and s.points and scenario in (None, s.scenario)
    ]
    return sorted(found, key=lambda s: s.points[-1].at)


def _hits(service: ServiceReport) -> Cell:
    """The last share of cache hits in builds as people do them; a cold one has none."""
    found = {series.scenario: series for series in _series(service, Metric.CACHE_HITS)}
    usual = next((name for name in _USUAL if name in found), next(iter(found), None))
    last = None if usual is None else found[usual].points[-1].value
    return rows.value(last, Unit.SHARE)


def _last_and_change(
    report: ReportData, service: ServiceReport, metric: Metric, scenario: str | None = None
) -> list[Cell]:
    series = _series(service, metric, scenario)
    if any(not one.scenario for one in series):  # measured ones, rather than what CI says
        series = [one for one in series if not one.scenario]
    if not series:
        return [rows.value(None, metric.unit), Cell(rows.NONE, kind="number")]
    points = series[-1].points
    last = rows.value(points[-1].value, metric.unit)
    week = report.made_at - timedelta(days=7) if report.weekly else None
    ratio = moved(points, week)
    if ratio is None:
        return [last, Cell(rows.NONE, kind="number")]
    is_found = any(c.metric is metric and scenario in (None, c.scenario) for c in service.changes)
    tone = "number"
    if is_found and abs(ratio - 1) > _STILL:
        tone = "worse" if ratio > 1 else "better"
    return [last, Cell(quantity.change(ratio), ratio, tone)]


def moved(points: Sequence[Point], week: datetime | None) -> float | None:
    """How many times bigger values became: medians of the last and the first points, or, with
    the start of a `week`, of it and of the four before; None where there is nothing to compare."""
    if week is None:
        ends = min(_ENDS, len(points) // 2)
        before, after = points[:ends], points[len(points) - ends :]
    else:
        before = [p for p in points if week - timedelta(days=28) <= p.at < week]
        after = [p for p in points if p.at >= week]
    if not before or not after:
        return None
    low = median(p.value for p in before)
    return median(p.value for p in after) / low if low > 0 else None

"""A report as CSV: a row a point of a series, and a row a change point."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from imgopt.formats.escape import cell
from imgopt.formats.registry import Options
from imgopt.report.model import Change, Point, ReportData, Series

_POINTS = (
    "service metric scenario unit machine engine isolation commit dirty at subject author value low"
    " high samples"
).split()
_CHANGES = (
    "service metric scenario unit commit at subject author before after ratio low high confidence"
    " line instruction line_delta candidates"
).split()


def render(report: ReportData, _options: Options) -> dict[str, bytes]:
    """`report.csv` and `change-points.csv`; seconds, bytes, shares from 0 to 1, UTC."""
    points = (
        _point(series, point)
        for service in report.services
        for series in service.series
        for point in series.points
    )
    changes = (_change(change) for service in report.services for change in service.changes)
    return {
        "report.csv": _table(_POINTS, points),
        "change-points.csv": _table(_CHANGES, changes),
    }


def _point(series: Series, point: Point) -> Sequence[object]:
    return (
        series.service, series.metric, series.scenario, series.metric.unit, series.machine,
        series.engine, series.isolation, point.commit, point.dirty, point.at.isoformat(),
        point.subject, point.author, point.value, point.low, point.high, len(point.samples),
    )  # fmt: skip


def _change(change: Change) -> Sequence[object]:
    return (
        change.service, change.metric, change.scenario, change.metric.unit, change.commit,
        change.at.isoformat(), change.subject, change.author, change.before, change.after,
        change.ratio, change.low, change.high, change.confidence, change.line, change.instruction,
        change.line_delta, " ".join(change.candidates),
    )  # fmt: skip


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(head)
    writer.writerows([cell(value) for value in row] for row in rows)
    return out.getvalue().encode("utf-8", errors="replace")

"""The lines of a chart: series of one scenario that follow each other are one line with breaks.

Machines that are used side by side are lines of their own; what was measured on another is never
drawn as if it were the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import pairwise
from math import isfinite

import msgspec

from imgopt.report.model import Metric, Point, Series, ServiceReport, Unit
from imgopt.report.palette import Look
from imgopt.report.ticks import seconds

_MOST = 8  # lines of a chart; a farm of machines would fill it with hundreds
_DASHES = ("--", ":", "-.")


class Break(msgspec.Struct, frozen=True):
    """When a line goes on elsewhere, and what is new there."""

    at: float
    what: str


class Lane(msgspec.Struct, frozen=True):
    """One line: its name, look, and its runs of points, oldest first, with the breaks between."""

    name: str
    metric: Metric
    scenario: str
    look: Look
    unit: Unit
    runs: tuple[tuple[Point, ...], ...]
    breaks: tuple[Break, ...] = ()

    @property
    def points(self) -> list[Point]:
        return [point for run in self.runs for point in run]


def of(service: ServiceReport, metric: Metric, looks: Mapping[str, Look]) -> tuple[list[Lane], int]:
    """The lanes of one metric in the scenarios' order, and how many more there would be."""
    finite = [_finite(series) for series in service.series if series.metric is metric]
    chosen = [series for series in finite if series.points]
    order = {scenario: number for number, scenario in enumerate(looks)}
    lanes: list[list[Series]] = []
    for series in sorted(chosen, key=lambda s: (order.get(s.scenario, -1), s.points[0].at)):
        found = next((lane for lane in lanes if _goes_on(lane[-1], series)), None)
        if found is None:
            lanes.append([series])
        else:
            found.append(series)
    kept = sorted(lanes, key=lambda lane: -sum(len(s.points) for s in lane))[:_MOST]
    shown = [lane for lane in lanes if any(lane is other for other in kept)]
    named: list[Lane] = []
    for lane in shown:
        same = sum(one.scenario == lane[0].scenario for one in named)
        named.append(_lane(lane, same, looks))
    return named, len(lanes) - len(shown)


def _finite(series: Series) -> Series:
    """Without points that no axis has a place for."""
    if all(isfinite(p.value + p.low + p.high) for p in series.points):
        return series
    kept = (p for p in series.points if isfinite(p.value))
    whole = tuple(
        p if isfinite(p.low + p.high) else msgspec.structs.replace(p, low=p.value, high=p.value)
        for p in kept
    )
    return msgspec.structs.replace(series, points=whole)


def _goes_on(last: Series, series: Series) -> bool:
    return (
        last.scenario == series.scenario
        and last.isolation == series.isolation
        and last.points[-1].at <= series.points[0].at
    )


def _lane(lane: list[Series], same: int, looks: Mapping[str, Look]) -> Lane:
    first = lane[0]
    look = looks.get(first.scenario, Look("muted"))
    name = first.scenario or str(first.metric)
    if first.isolation not in ("", "shared"):
        name += f" ({first.isolation})"
    elif same:
        name += f" ({first.machine[:12] or 'other machine'})"
    if same:
        look = Look(look.shade, _DASHES[(same - 1) % len(_DASHES)])
    breaks = tuple(
        Break(seconds(after.points[0].at), _new(before, after)) for before, after in pairwise(lane)
    )
    runs = tuple(series.points for series in lane)
    return Lane(name, first.metric, first.scenario, look, first.metric.unit, runs, breaks)


def _new(before: Series, after: Series) -> str:
    return "new machine" if before.machine != after.machine else "new engine"


def breaks(lanes: Iterable[Lane]) -> list[Break]:
    """The breaks of all lanes, each time once."""
    found: dict[float, Break] = {}
    for lane in lanes:
        for one in lane.breaks:
            found.setdefault(one.at, one)
    return [found[at] for at in sorted(found)]

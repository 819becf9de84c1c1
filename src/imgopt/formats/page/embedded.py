"""The values of a page's charts as JSON, which its script reads for the pointer and the keys."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from imgopt.formats.escape import cut, printable
from imgopt.report import quantity, thin
from imgopt.report.canvas import Frame
from imgopt.report.lanes import Lane
from imgopt.report.model import Change, Failed, Point, ReportData
from imgopt.report.ticks import seconds

_MOST = 75_000  # points of a page; of longer series the ends, changes and extremes are kept
_SUBJECT = 72
_Key = tuple[str, bool, float]


class Values:
    """Collects the commits of a report and the lines of its charts."""

    def __init__(self, report: ReportData) -> None:
        self._authors: dict[str, int] = {}
        points: dict[_Key, Point | Failed] = {}
        lines: set[tuple[str, str, str]] = set()
        for service in report.services:
            for series in service.series:
                lines.add((series.service, series.metric, series.scenario))
                points |= {_key(point): point for point in series.points}
            points |= {_key(failed): failed for failed in service.failed}
        self._columns = max(20, _MOST // max(len(lines), 1) // 2)
        self._used: set[_Key] = set()
        self._points = dict(sorted(points.items(), key=lambda item: item[0][2]))
        self._charts: dict[str, dict[str, Any]] = {}
        self._number = {key: n for n, key in enumerate(self._points)}

    def add(
        self,
        name: str,
        frames: Sequence[Frame],
        drawn: Sequence[Lane],
        changes: Sequence[Change],
        failed: Sequence[Failed] = (),
    ) -> None:
        """The chart of that name: where it lies on its papers, and its lines."""
        scale, span = frames[0].scale, frames[0].span
        known = {change.commit for change in changes}
        self._charts[name] = {
            "plots": [[one.left, one.right, one.top, one.bottom] for one in frames],
            "span": [round(span.low), round(span.high)],
            "scale": [scale.low, scale.high, int(scale.log)],
            "lines": [self._line(lane, known) for lane in drawn],
            "changes": {
                change.commit[:10]: f"{change.scenario} {quantity.change(change.ratio)}".strip()
                for change in changes
            },
            "failed": sorted({self._number[_key(one)] for one in failed}),
        }

    def _line(self, lane: Lane, known: set[str]) -> dict[str, Any]:
        points = lane.points
        keep = [n for n, point in enumerate(points) if point.commit in known]
        chosen = thin.places([p.value for p in points], self._columns, keep)
        kept = [points[n] for n in chosen]
        found: dict[str, Any] = {
            "name": cut(printable(lane.name), 40),
            "unit": str(lane.unit),
            "shade": lane.look.shade,
            "at": _runs([self._number[_key(point)] for point in kept]),
            "v": [_short(point.value) for point in kept],
        }
        if any(point.low < point.high for point in kept):
            found["lo"] = [_short(point.low) for point in kept]
            found["hi"] = [_short(point.high) for point in kept]
        return found

    def text(self, commit_url: str) -> str:
        """The JSON, in which nothing ends a script element or begins a comment."""
        commits = [
            [
                key[0][:10] + ("+" if key[1] else ""),
                round(key[2]),
                cut(printable(point.subject[:200]), _SUBJECT),
                self._authors.setdefault(cut(printable(point.author[:80]), 40), len(self._authors)),
            ]
            for key, point in self._points.items()
        ]
        document: Mapping[str, Any] = {
            "commits": commits,
            "authors": list(self._authors),
            "charts": self._charts,
            "url": commit_url,
        }
        found = json.dumps(document, separators=(",", ":"), allow_nan=False)
        for sign in "<>&":
            found = found.replace(sign, f"\\u{ord(sign):04x}")
        return found


def _key(one: Point | Failed) -> _Key:
    return one.commit, one.dirty, seconds(one.at)


def _runs(numbers: Sequence[int]) -> list[int]:
    """Numbers as pairs: where a run begins, how long it is."""
    found: list[int] = []
    for number in numbers:
        if found and number == found[-2] + found[-1]:
            found[-1] += 1
        else:
            found += [number, 1]
    return found


def _short(value: float) -> float | int | None:
    if value - value != 0:  # infinite, or no number
        return None
    rounded = float(f"{value:.4g}")
    return int(rounded) if rounded.is_integer() and abs(rounded) < 1e15 else rounded

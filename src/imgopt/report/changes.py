"""Change points: where a series changed, since which commit, and how sure that is. Pure.

Times change where their level does (`changes_level`), sizes wherever they differ
(`changes_exact`); which Dockerfile line moved is found by `changes_lines`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from imgopt.report.changes_exact import exact_steps
from imgopt.report.changes_level import Step, steps
from imgopt.report.model import Change, Metric, Point, Series

# What has change points: a level that holds until somebody changes something.
FOLLOWED = (Metric.TIME, Metric.SIZE)
_SMALLEST_TIME = 0.03  # a step that nobody would act on, however sure


class Found(msgspec.Struct, frozen=True):
    """A change, and the points of its series on both sides: those of the level before and those
    of the level from the change's commit on. It was made after `since` and not after `until`,
    as far as the points tell, which may be less sure of the place than of the step."""

    change: Change
    before: tuple[Point, ...]
    after: tuple[Point, ...]
    since: datetime
    until: datetime

    def is_also(self, other: Found) -> bool:
        """Whether it may be the change that another series shows: one way, at one time."""
        same_way = (self.change.ratio > 1) == (other.change.ratio > 1)
        return same_way and self.since < other.until and other.since < self.until


def find(series: Series, commits: Sequence[str] = ()) -> list[Found]:
    """The change points of a series, oldest first.

    `commits` are all commits in their order, oldest first, as far as they are known: those that
    were not built before a change may have made it.
    """
    if series.metric is Metric.TIME:
        return _levels(series, {commit: place for place, commit in enumerate(commits)}, commits)
    if series.metric in FOLLOWED:
        return _exact(series, {commit: place for place, commit in enumerate(commits)}, commits)
    return []


def _levels(series: Series, order: Mapping[str, int], commits: Sequence[str]) -> list[Found]:
    points = [p for p in series.points if p.value > 0 and min(p.samples) > 0]
    found = [s for s in steps([p.samples for p in points]) if _matters(s)]
    bounds = [0, *(step.index for step in found), len(points)]
    return [
        _found(series, points, (bounds[k], bounds[k + 2]), step,
               _candidates(points, step, order, commits))
        for k, step in enumerate(found)
    ]  # fmt: skip


def _exact(series: Series, order: Mapping[str, int], commits: Sequence[str]) -> list[Found]:
    points = [p for p in series.points if p.value > 0]
    places = exact_steps([point.value for point in points])
    found = []
    for place in places:
        before, after = points[place - 1], points[place]
        ratio = after.value / before.value
        step = Step(place, before.value, after.value, ratio, ratio, ratio, 1.0, place, place)
        candidates = _candidates(points, step, order, commits)
        found.append(_found(series, points, (place - 1, place + 1), step, candidates))
    return found


def _matters(step: Step) -> bool:
    return not 1 / (1 + _SMALLEST_TIME) < step.ratio < 1 + _SMALLEST_TIME


def _candidates(
    points: Sequence[Point], step: Step, order: Mapping[str, int], commits: Sequence[str]
) -> tuple[str, ...]:
    """The commits after the last one before the step, up to the first with it."""
    commit = points[step.index].commit
    first, last = order.get(points[step.index - 1].commit), order.get(commit)
    if first is None or last is None or last - first < 2:
        return (commit,)
    return tuple(commits[first + 1 : last + 1])


def _found(
    series: Series,
    points: Sequence[Point],
    bounds: tuple[int, int],
    step: Step,
    candidates: tuple[str, ...],
) -> Found:
    """The change of a step; its levels are from and to the `bounds`."""
    first = points[step.index]
    change = Change(
        service=series.service,
        metric=series.metric,
        scenario=series.scenario,
        commit=first.commit,
        at=first.at,
        author=first.author,
        subject=first.subject,
        before=step.before,
        after=step.after,
        ratio=step.ratio,
        low=step.low,
        high=step.high,
        confidence=step.confidence,
        candidates=candidates,
    )
    return Found(
        change,
        before=tuple(points[bounds[0] : step.index]),
        after=tuple(points[step.index : bounds[1]]),
        since=points[step.earliest - 1].at,
        until=points[step.latest].at,
    )

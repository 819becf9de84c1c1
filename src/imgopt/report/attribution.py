"""Change points of all series, each told once, with the line behind it and its text. Pure, but for
what its sources read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

import msgspec

from imgopt.records.build import Failure
from imgopt.records.rows import StepRow
from imgopt.report import changes, changes_lines
from imgopt.report.image_lines import Layers
from imgopt.report.model import Change, Failed, Metric, Point, Series

_NEAREST = 3  # points of a side whose builds tell which line moved
_BUILDS = 15

Steps = Callable[[Sequence[int]], Iterable[StepRow]]
# Of a commit of a service: why its build failed, and the texts of its Dockerfile's lines.
Failures = Callable[[str, Failed], Failure | None]
Lines = Callable[[str, str], dict[int, str]]
# Of the candidates of a change: those that may have changed the service at all.
Narrow = Callable[[Change], tuple[str, ...]]


class Sources(msgspec.Struct, frozen=True):
    """What a report asks for by the numbers of builds; what is missing is not told.

    `commits` are all commits of the repository in their order, oldest first.
    """

    steps: Steps | None = None
    layers: Layers | None = None
    failures: Failures | None = None
    lines: Lines | None = None
    commits: tuple[str, ...] = ()
    narrow: Narrow | None = None


def changes_of(
    lines: Iterable[Series], sources: Sources, since: datetime | None = None
) -> list[Change]:
    """The change points of all series since then, oldest first, with the lines that moved.

    What several machines saw of one change is that change: the first commit that has it, seen
    by the surest. Of a size the scenario does not matter, measured before what CI says.
    """
    found = [
        (number, one)
        for number, series in enumerate(lines)
        for one in changes.find(series, sources.commits)
    ]
    found.sort(key=lambda pair: (pair[1].until, -pair[1].change.confidence, pair[0]))
    kept: dict[tuple[str, Metric, str], list[tuple[int, changes.Found]]] = {}
    for number, one in found:
        change = one.change
        scenario = change.scenario if change.metric is Metric.TIME else ""
        others = kept.setdefault((change.service, change.metric, scenario), [])
        if not _is_known(number, one, others):
            others.append((number, one))
    chosen = [
        one
        for others in kept.values()
        for _, one in others
        if since is None or one.change.at >= since
    ]
    chosen.sort(key=lambda one: one.change.at)
    return [_blamed(one, sources) for one in chosen]


def _is_known(number: int, one: changes.Found, others: Sequence[tuple[int, changes.Found]]) -> bool:
    """Whether another series than that of `number` has shown the change; `others` by `until`."""
    for place, other in reversed(others):
        if other.until <= one.since:
            return False
        if place != number and other.is_also(one):
            return True
    return False


def _narrowed(change: Change, narrow: Narrow | None) -> Change:
    """The change without candidates that cannot have made it."""
    if narrow is None or len(change.candidates) < 2:
        return change
    may = narrow(change)
    kept = tuple(c for c in change.candidates if c in may or c == change.commit)
    return msgspec.structs.replace(change, candidates=kept)


def _blamed(found: changes.Found, sources: Sources) -> Change:
    change = _narrowed(found.change, sources.narrow)
    numbers = [_numbers(found.before[::-1]), _numbers(found.after)]
    if change.metric is Metric.TIME and sources.steps is not None:
        sides = [changes_lines.step_lines(sources.steps(some)) for some in numbers]
    elif change.metric is Metric.SIZE and sources.layers is not None:
        sides = [changes_lines.layer_lines(sources.layers(some)) for some in numbers]
    else:
        return change
    blamed = changes_lines.blame(change, *sides)
    is_there = any(line.line == blamed.line for line in sides[1])
    return _worded(blamed, change.commit if is_there else found.before[-1].commit, sources.lines)


def _numbers(points: Sequence[Point]) -> list[int]:
    """The builds of the nearest points, the nearest first."""
    return [number for point in points[:_NEAREST] for number in point.builds][:_BUILDS]


def _worded(change: Change, commit: str, lines: Lines | None) -> Change:
    """The change with the whole text that its line has in that commit, where rows have its keyword
    alone."""
    if lines is None or not change.line or " " in change.instruction:
        return change
    text = lines(change.service, commit).get(change.line, "")
    if not text.startswith(change.instruction):
        return change
    return msgspec.structs.replace(change, instruction=text)

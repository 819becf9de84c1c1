"""A report of rows and events: series, change points, who and which line, in sentences. Pure, but
for what its sources read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from imgopt.records.build import Failure
from imgopt.records.event import Event
from imgopt.records.rows import BuildRow, StepRow
from imgopt.report import changes, changes_lines, trends
from imgopt.report.delivery import delivery
from imgopt.report.image_lines import Layers
from imgopt.report.model import Change, Failed, Metric, Point, ReportData, Series, ServiceReport
from imgopt.report.observations import Observations, observe
from imgopt.report.sentences import WEEKS, sentences

_NEAREST = 3  # points of a side whose builds tell which line moved
_BUILDS = 15

Steps = Callable[[Sequence[int]], Iterable[StepRow]]
# Of a commit of a service: why its build failed; the text of the line that a change names.
Failures = Callable[[str, Failed], Failure | None]
Texts = Callable[[Change], str]
# Of the candidates of a change: those that may have changed the service at all.
Narrow = Callable[[Change], tuple[str, ...]]


class Sources(msgspec.Struct, frozen=True):
    """What a report asks for by the numbers of builds; what is missing is not told.

    `commits` are all commits of the repository in their order, oldest first.
    """

    steps: Steps | None = None
    layers: Layers | None = None
    failures: Failures | None = None
    texts: Texts | None = None
    commits: tuple[str, ...] = ()
    narrow: Narrow | None = None


def make_report(
    rows: Iterable[BuildRow],
    made_at: datetime,
    *,
    since: datetime | None = None,
    weekly: bool = False,
    services: Sequence[str] = (),
    events: Iterable[Event] = (),
    budgets: Mapping[str, dict[str, float]] | None = None,
    sources: Sources | None = None,
) -> ReportData:
    """The report as of `made_at`, of commits since `since` and of `services` (all where empty).

    A weekly one is of the last five weeks at most. `budgets` are limits by service and series.
    """
    sources = sources or Sources()
    if weekly:
        first = made_at - timedelta(weeks=WEEKS)
        since = max(since, first) if since else first
    wanted = set(services)
    chosen = (
        row
        for row in rows
        if (not wanted or row.service in wanted)
        and (since is None or (row.committed_at or row.started_at) >= since)
    )
    seen = observe(chosen)
    lines = trends.series(seen, sources.layers)
    reports = _services(seen, lines, changes_of(lines, sources), sources.failures, budgets or {})
    chosen_events = [e for e in events if not wanted or e.service in wanted]
    delivered = delivery(seen, chosen_events, since, made_at)
    return ReportData(
        made_at=made_at,
        since=since,
        weekly=weekly,
        services=reports,
        sentences=sentences(reports, made_at, weekly, delivered),
        delivery=delivered,
    )


def changes_of(lines: Iterable[Series], sources: Sources) -> list[Change]:
    """The change points of all series, oldest first, with the Dockerfile lines that moved.

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
    chosen = [one for others in kept.values() for _, one in others]
    chosen.sort(key=lambda one: one.change.at)
    return [_worded(_blamed(one, sources), sources.texts) for one in chosen]


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
    return changes_lines.blame(change, *sides)


def _numbers(points: Sequence[Point]) -> list[int]:
    """The builds of the nearest points, the nearest first."""
    return [number for point in points[:_NEAREST] for number in point.builds][:_BUILDS]


def _worded(change: Change, texts: Texts | None) -> Change:
    """The change with the whole text of its line, where rows have its keyword alone."""
    if texts is None or not change.line or " " in change.instruction:
        return change
    text = texts(change)
    return msgspec.structs.replace(change, instruction=text) if text else change


def _services(
    seen: Observations,
    lines: Iterable[Series],
    found: Iterable[Change],
    failures: Failures | None,
    budgets: Mapping[str, dict[str, float]],
) -> tuple[ServiceReport, ...]:
    of: dict[str, tuple[list[Series], list[Change], list[Failed]]] = {}
    for line in lines:
        of.setdefault(line.service, ([], [], []))[0].append(line)
    for change in found:
        of[change.service][1].append(change)
    for service, failed in trends.failed(seen):
        of.setdefault(service, ([], [], []))[2].append(_explained(service, failed, failures))
    return tuple(
        ServiceReport(name, tuple(a), tuple(b), tuple(c), dict(budgets.get(name, {})))
        for name, (a, b, c) in sorted(of.items())
    )


def _explained(service: str, failed: Failed, failures: Failures | None) -> Failed:
    reason = failures(service, failed) if failures else None
    if reason is None:
        return failed
    return msgspec.structs.replace(
        failed, line=reason.line, instruction=reason.step, message=reason.message
    )

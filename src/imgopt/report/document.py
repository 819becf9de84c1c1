"""A report of rows and events: series, change points, who and which line, in sentences. Pure, but
for what its sources read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

import msgspec

from imgopt.records.event import Event
from imgopt.records.rows import BuildRow
from imgopt.report import trends
from imgopt.report.attribution import Failures, Lines, Sources, changes_of
from imgopt.report.delivery import delivery
from imgopt.report.model import Change, Failed, Metric, ReportData, Series, ServiceReport
from imgopt.report.observations import Observations, observe
from imgopt.report.sentences import WEEKS, sentences

# A level that began before a report's time is known from there.
_LOOK_BACK = timedelta(weeks=26)


def looks_back_to(
    made_at: datetime, since: datetime | None, weekly: bool = False
) -> datetime | None:
    """The first time of which a report wants builds: some before those that it shows, so that it
    knows what they changed from."""
    shown = _shown_since(made_at, since, weekly)
    if shown is None:
        return None
    first = datetime.min.replace(tzinfo=UTC)
    return shown - _LOOK_BACK if shown - first > _LOOK_BACK else first


def _shown_since(made_at: datetime, since: datetime | None, weekly: bool) -> datetime | None:
    if not weekly:
        return since
    first = made_at - timedelta(weeks=WEEKS)
    return max(since, first) if since else first


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
    Change points are found with what was before, too, as far as `rows` have it.
    """
    sources = sources or Sources()
    oldest = looks_back_to(made_at, since, weekly)
    since = _shown_since(made_at, since, weekly)
    wanted = set(services)
    seen = observe(
        row
        for row in rows
        if (not wanted or row.service in wanted)
        and (oldest is None or (row.committed_at or row.started_at) >= oldest)
    )
    known = trends.series(seen)
    found = changes_of(known, sources, since)
    shown = _shown(known, since)
    if sources.layers is not None:
        shown = trends.with_images(shown, sources.layers)
    reports = _services(seen, shown, found, since, sources, budgets or {})
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


def _shown(lines: Iterable[Series], since: datetime | None) -> list[Series]:
    """The series from then on, without those that ended before."""
    if since is None:
        return list(lines)
    cut = (
        msgspec.structs.replace(line, points=tuple(p for p in line.points if p.at >= since))
        for line in lines
    )
    return [line for line in cut if line.points]


def _services(
    seen: Observations,
    lines: Iterable[Series],
    found: Iterable[Change],
    since: datetime | None,
    sources: Sources,
    budgets: Mapping[str, dict[str, float]],
) -> tuple[ServiceReport, ...]:
    of: dict[str, tuple[list[Series], list[Change], list[Failed]]] = {}
    for line in lines:
        of.setdefault(line.service, ([], [], []))[0].append(line)
    for change in found:
        of[change.service][1].append(change)
    for service, failed in trends.failed(seen):
        if since is not None and failed.at < since:
            continue
        known = of.setdefault(service, ([], [], []))
        known[2].append(_explained(service, failed, sources.failures))
    return tuple(
        ServiceReport(
            name,
            tuple(a),
            tuple(b),
            tuple(c),
            dict(budgets.get(name, {})),
            _texts(a, sources.lines),
        )
        for name, (a, b, c) in sorted(of.items())
    )


def _texts(series: Iterable[Series], lines: Lines | None) -> dict[int, str]:
    """The texts of the lines behind the last image."""
    sizes = [one for one in series if one.metric is Metric.SIZE and one.points]
    if lines is None or not sizes:
        return {}
    last = max(sizes, key=lambda one: one.points[-1].at)
    return lines(last.service, last.points[-1].commit)


def _explained(service: str, failed: Failed, failures: Failures | None) -> Failed:
    reason = failures(service, failed) if failures else None
    if reason is None:
        return failed
    return msgspec.structs.replace(
        failed, line=reason.line, instruction=reason.step, message=reason.message
    )

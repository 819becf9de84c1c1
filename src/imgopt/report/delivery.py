"""How a service is delivered: DORA's measures from records of real builds and events. Pure.

Sources: Forsgren, Humble and Kim, "Accelerate" (2018), and the guide of dora.dev to its four
keys; docs/delivery.md says how each is taken here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from statistics import median

from imgopt.records.event import Event, EventKind, EventStatus
from imgopt.report.model import Delivery
from imgopt.report.observations import Observations, by_number

_SCENARIO = "ci"  # of builds that a pipeline did
_PRODUCTION = ("production", "prod", "live")
_WEEK = timedelta(days=7)


def delivery(
    seen: Observations, events: Iterable[Event], since: datetime | None, until: datetime
) -> tuple[Delivery, ...]:
    """Delivery of every service that has events or builds of pipelines, by name."""
    by_service: dict[str, list[Event]] = {}
    for event in events:
        if event.at <= until and (since is None or event.at >= since):
            by_service.setdefault(event.service, []).append(event)
    builds = _builds(seen, since)
    dates = {commit.commit: commit.at for commit in seen.commits if not commit.dirty}
    return tuple(
        _delivery(service, builds.get(service, ()), _in_production(by_service.get(service, ())),
                  dates, since, until)
        for service in sorted(by_service.keys() | builds.keys())
    )  # fmt: skip


def _builds(seen: Observations, since: datetime | None) -> dict[str, list[tuple[float, bool]]]:
    """The pipelines' builds of each service since then: seconds, and whether it failed."""
    found: dict[str, list[tuple[float, bool]]] = {}
    builds = seen.builds
    if since is not None:
        builds = builds[builds["started"] >= since.timestamp()]
    for place, rows in by_number(builds, "lane"):
        lane = seen.lanes[place]
        if lane.is_recorded and lane.scenario == _SCENARIO:
            pairs = zip(rows["duration_s"], rows["failed"], strict=True)
            found.setdefault(lane.service, []).extend((float(s), bool(f)) for s, f in pairs)
    return found


def _in_production(events: Sequence[Event]) -> list[Event]:
    """The events of production, where one environment is called that; else all. Oldest first."""
    chosen = [e for e in events if e.environment.casefold() in _PRODUCTION] or events
    return sorted(chosen, key=lambda event: event.at)


def _delivery(
    service: str,
    builds: Sequence[tuple[float, bool]],
    events: Sequence[Event],
    dates: Mapping[str, datetime],
    since: datetime | None,
    until: datetime,
) -> Delivery:
    deploys = [e for e in events if e.kind is EventKind.DEPLOY]
    done = [e for e in deploys if e.status is EventStatus.SUCCESS]
    failed, outages = _failures(events)
    weeks = (until - (since or events[0].at)) / _WEEK if events else 0.0
    seconds = [s for s, is_failed in builds if not is_failed] or [
        e.duration_s for e in done if e.duration_s > 0
    ]
    return Delivery(
        service=service,
        builds=len(builds),
        failed_builds=sum(is_failed for _, is_failed in builds),
        pipeline_s=_median(seconds),
        deployments=len(done),
        deployments_a_week=len(done) / max(weeks, 1.0) if events else None,
        lead_time_s=_median(_lead_times(done, dates)),
        change_failure_share=failed / len(deploys) if deploys else None,
        restore_s=_median(outages),
    )


def _lead_times(deploys: Sequence[Event], dates: Mapping[str, datetime]) -> list[float]:
    """Seconds from each commit to its first successful deployment."""
    found: dict[str, float] = {}
    for event in deploys:
        committed = event.committed_at or dates.get(event.commit)
        if committed is not None and event.at >= committed:
            key = event.commit or str(committed)
            found.setdefault(key, (event.at - committed).total_seconds())
    return list(found.values())


def _failures(events: Sequence[Event]) -> tuple[int, list[float]]:
    """How many deployments failed or were rolled back, and the seconds from each first one that
    went wrong to the next success."""
    failed = 0
    outages = []
    live: dict[str, Event] = {}  # the last deployment of an environment, until it is rolled back
    broken: dict[str, datetime] = {}  # since when an environment is not well
    for event in events:
        where = event.environment
        if event.kind is EventKind.ROLLBACK:
            deployed = live.pop(where, None)
            if deployed is not None and deployed.status is EventStatus.SUCCESS:
                failed += 1
            broken.setdefault(where, deployed.at if deployed is not None else event.at)
        else:
            live[where] = event
            if event.status is EventStatus.FAILURE:
                failed += 1
                broken.setdefault(where, event.at)
        if event.status is EventStatus.SUCCESS and where in broken:
            outage = (event.at - broken.pop(where)).total_seconds()
            if outage > 0:  # of a rollback alone it is not known when that began
                outages.append(outage)
    return failed, outages


def _median(values: Sequence[float]) -> float | None:
    return float(median(values)) if values else None

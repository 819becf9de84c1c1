"""Observations of builds → series over commits. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import pandas as pd

from imgopt.report.image_lines import Layers, with_layers
from imgopt.report.model import Failed, Metric, Point, Series
from imgopt.report.observations import Commit, Lane, Observations, by_number

_QUARTILES = (0.25, 0.5, 0.75)


def series(seen: Observations) -> list[Series]:
    """All series, by service, metric and scenario."""
    built = seen.builds[~seen.builds["failed"]]
    return _ordered(
        [
            *_times(seen, built),
            *_shares(seen, built),
            *_failures(seen),
            *_of_service(seen, built, Metric.SIZE, "size_bytes"),
            *_of_service(seen, built, Metric.CONTEXT, "context_bytes"),
            *_of_service(seen, built, Metric.FINDINGS, "findings"),
        ]
    )


def with_images(lines: Iterable[Series], layers: Layers) -> list[Series]:
    """The same series with the lines of sizes, and with series of what nodes pull."""
    lines = list(lines)
    sizes = [line for line in lines if line.metric is Metric.SIZE]
    others = [line for line in lines if line.metric is not Metric.SIZE]
    return _ordered([*others, *with_layers(sizes, layers)])


def _ordered(found: Iterable[Series]) -> list[Series]:
    order = list(Metric)
    return sorted(
        found,
        key=lambda s: (s.service, order.index(s.metric), s.scenario, s.machine, s.engine,
                       s.isolation),
    )  # fmt: skip


def failed(seen: Observations) -> list[tuple[str, Failed]]:
    """The services and their commits that have failed builds, oldest first."""
    builds = seen.builds[seen.builds["failed"]]
    numbers: dict[tuple[str, str, int], list[int]] = {}
    for place, commit, number in zip(
        builds["lane"], builds["commit"], builds["number"], strict=True
    ):
        lane = seen.lanes[place]
        numbers.setdefault((lane.service, lane.scenario, commit), []).append(number)
    found = []
    for (service, scenario, commit), of_it in numbers.items():
        of = seen.commits[commit]
        failure = Failed(of.commit, of.dirty, of.at, of.subject, of.author, scenario, tuple(of_it))
        found.append((service, failure))
    return sorted(found, key=lambda pair: pair[1].at)


def _times(seen: Observations, built: pd.DataFrame) -> Iterator[Series]:
    """Time by scenario: the median of a commit's samples, and their quartiles."""
    for lane, rows in by_number(built, "lane"):
        yield _series(Metric.TIME, seen.lanes[lane], _medians(seen, rows, "duration_s"))


def _shares(seen: Observations, built: pd.DataFrame) -> Iterator[Series]:
    """The share of steps that came from the cache."""
    asked = built[built["cache_steps"] > 0]
    asked = asked.assign(share=asked["cache_hits"] / asked["cache_steps"])
    for lane, rows in by_number(asked, "lane"):
        points = _medians(seen, rows, "share")
        yield _series(Metric.CACHE_HITS, seen.lanes[lane], points)


def _medians(seen: Observations, rows: pd.DataFrame, column: str) -> list[Point]:
    """A point a commit: the median of its builds, and their quartiles."""
    low, middle, high = (
        rows.groupby("commit")[column].quantile(share).to_numpy() for share in _QUARTILES
    )
    ordered = rows.sort_values("commit", kind="stable")
    commits, starts = np.unique(ordered["commit"].to_numpy(), return_index=True)
    ends = [*starts[1:], len(ordered)]
    samples, numbers = ordered[column].tolist(), ordered["number"].tolist()
    return [
        _point(seen.commits[commit], middle[k], low[k], high[k], samples[a:b], numbers[a:b])
        for k, (commit, a, b) in enumerate(zip(commits, starts, ends, strict=True))
    ]


def _of_service(
    seen: Observations, built: pd.DataFrame, metric: Metric, column: str
) -> Iterator[Series]:
    """What does not depend on how a commit was built: that of its last build.

    Of a context, the most that any build sent: one after another sends what changed.
    """
    known = (
        built[built[column] > 0] if metric is not Metric.FINDINGS else built.dropna(subset=column)
    )
    if metric is Metric.CONTEXT:
        known = known.sort_values(column, kind="stable")
    for lane, rows in _by_place(seen, known):
        chosen = rows.drop_duplicates("commit", keep="last")
        points = [
            _point(seen.commits[commit], value, value, value, (value,), (number,))
            for commit, value, number in zip(
                chosen["commit"], chosen[column], chosen["number"], strict=True
            )
        ]
        yield _series(metric, lane, points)


def _failures(seen: Observations) -> Iterator[Series]:
    """The share of a commit's builds that failed; `builds` are those."""
    for lane, rows in _by_place(seen, seen.builds):
        shares = rows.groupby("commit", sort=False)["failed"].mean()
        numbers: dict[int, list[int]] = {}
        broken = rows[rows["failed"]]
        for commit, number in zip(broken["commit"], broken["number"], strict=True):
            numbers.setdefault(commit, []).append(number)
        points = [
            _point(seen.commits[commit], share, share, share, (share,), numbers.get(commit, ()))
            for commit, share in zip(shares.index, shares, strict=True)
        ]
        yield _series(Metric.FAILURES, lane, points)


def _by_place(seen: Observations, builds: pd.DataFrame) -> Iterator[tuple[Lane, pd.DataFrame]]:
    """Builds by service, machine and engine; measured ones of all scenarios together."""
    places = [
        lane if lane.is_recorded else lane._replace(scenario="", isolation="")
        for lane in seen.lanes
    ]
    known = {place: number for number, place in enumerate(dict.fromkeys(places))}
    numbers = np.array([known[place] for place in places], dtype="int32")
    in_order = list(known)
    for number, rows in by_number(builds, numbers[builds["lane"].to_numpy()]):
        yield in_order[number], rows


def _point(
    of: Commit,
    value: float,
    low: float,
    high: float,
    samples: Sequence[float],
    numbers: Sequence[int],
) -> Point:
    return Point(
        of.commit,
        of.dirty,
        of.at,
        of.subject,
        of.author,
        float(value),
        float(low),
        float(high),
        tuple(map(float, samples)),
        tuple(map(int, numbers)),
    )


def _series(metric: Metric, lane: Lane, points: list[Point]) -> Series:
    points.sort(key=lambda point: point.at)
    return Series(
        lane.service,
        metric,
        lane.scenario,
        lane.machine,
        lane.engine,
        lane.isolation,
        tuple(points),
    )

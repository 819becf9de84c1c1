"""A report's data out of the records of a history."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from statistics import median, quantiles

from imgopt.records.build import BuildRecord
from imgopt.records.variant import Side
from imgopt.report.model import Failed, Metric, Part, Point, ReportData, Series, ServiceReport

_Place = tuple[str, str, str, str]  # scenario, machine, engine, isolation


def of_records(records: Iterable[BuildRecord], made_at: datetime) -> ReportData:
    """Build time of each scenario, and image size, of each service."""
    services: dict[str, list[BuildRecord]] = {}
    for record in sorted(records, key=lambda r: r.started_at):
        if record.side is not Side.A:  # A is another Dockerfile or builder, not this commit's
            services.setdefault(record.service, []).append(record)
    found = tuple(_service(name, services[name]) for name in sorted(services))
    return ReportData(made_at, None, False, found, ())


def _service(name: str, records: list[BuildRecord]) -> ServiceReport:
    failed = tuple(
        Failed(r.commit, r.dirty, _at(r), r.subject, r.author, r.scenario, (), r.failure.line,
               r.failure.step, r.failure.message)
        for r in records
        if r.failure is not None
    )  # fmt: skip
    places: dict[_Place, dict[tuple[str, bool], list[BuildRecord]]] = {}
    sizes: dict[_Place, dict[tuple[str, bool], list[BuildRecord]]] = {}
    for record in records:
        if record.failure is None:
            engine = record.engine
            where = (engine.machine, f"{engine.docker} {engine.buildkit}", record.isolation)
            for scenario, kept in ((record.scenario, places), ("", sizes)):
                commits = kept.setdefault((scenario, *where), {})
                commits.setdefault((record.commit, record.dirty), []).append(record)
    series = [_series(name, Metric.TIME, place, found) for place, found in places.items()]
    series += [_series(name, Metric.SIZE, place, found) for place, found in sizes.items()]
    return ServiceReport(name, tuple(series), (), failed)


def _series(
    service: str,
    metric: Metric,
    place: _Place,
    commits: dict[tuple[str, bool], list[BuildRecord]],
) -> Series:
    points = [_point(metric, samples) for samples in commits.values()]
    points.sort(key=lambda point: point.at)
    return Series(service, metric, *place, tuple(points))


def _point(metric: Metric, records: list[BuildRecord]) -> Point:
    last = records[-1]
    parts: tuple[Part, ...] = ()
    if metric is Metric.TIME:
        samples = tuple(sorted(record.duration_s for record in records))
        value = median(samples)
        low, _, high = quantiles(samples, n=4) if len(samples) > 2 else (samples[0], 0, samples[-1])
    else:
        samples = (float(last.image.size_bytes),)
        value = low = high = samples[0]
        sized: dict[tuple[int, str], float] = {}
        for layer in last.image.layers:
            key = layer.line, layer.instruction
            sized[key] = sized.get(key, 0.0) + layer.size_bytes
        parts = tuple(Part(line, text, size) for (line, text), size in sized.items())
    return Point(last.commit, last.dirty, _at(last), last.subject, last.author, value, low, high,
                 samples, (), parts)  # fmt: skip


def _at(record: BuildRecord) -> datetime:
    return record.committed_at or record.started_at

"""The charts of a report as pictures of their own, and the names of their files."""

from __future__ import annotations

import re
from collections.abc import Iterator
from hashlib import sha256

import msgspec

from imgopt.report import charts, palette, pictures, size_chart
from imgopt.report.canvas import ALONE, Chart
from imgopt.report.model import ReportData

_SAFE = re.compile(r"[a-z0-9][a-z0-9._-]{0,59}")
_TITLE = 60


class Picture(msgspec.Struct, frozen=True):
    """A chart of one service, the name of its file without an ending, and it in words."""

    service: str
    file: str
    title: str
    chart: Chart


def pictures_of(report: ReportData) -> Iterator[Picture]:
    """Build time and image size of each service, drawn one after the other."""
    looks = palette.looks(charts.scenarios_of(report))
    span = charts.times_of(report)
    names = file_names([service.service for service in report.services])
    for service, name in zip(report.services, names, strict=True):
        for kind, title, draw in (
            ("build-time", "build time", charts.build_time),
            ("image-size", "image size", size_chart.image_size),
        ):
            chart = draw(service, looks, span, ALONE)
            if chart is not None:
                shown = f"{service.service[:_TITLE]}: {title}"
                whole = f"{service.service}: {title}"
                pictures.alone(chart, shown if len(whole) > len(shown) else whole)
                yield Picture(service.service, f"{kind}-{name}", title, chart)


def file_names(services: list[str]) -> list[str]:
    """A name for each service that is safe on all file systems, and no other's.

    A plain name stays what it is; others have a part of their digest, so that `a/b` is not `a-b`,
    `API` not `api` where cases are one, and a name is the same in every report.
    """
    found: list[str] = []
    taken: set[str] = set()
    for service in services:
        name = service if _SAFE.fullmatch(service) else _with_digest(service, service)
        again = 0
        while name in taken:
            again += 1
            name = _with_digest(service, f"{service} {again}")
        taken.add(name)
        found.append(name)
    return found


def _with_digest(service: str, digested: str) -> str:
    plain = re.sub(r"[^a-z0-9._-]+", "-", service[:60].lower()).strip("-.") or "service"
    digest = sha256(digested.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{plain[:40]}-{digest[:8]}"

"""A report: the trends of its services and their charts, which formats make files of."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from functools import cached_property

import msgspec

from imgopt.records.build import BuildRecord
from imgopt.report import charts, summary, trends


class Picture(msgspec.Struct, frozen=True):
    """A chart as a PNG, and the name of the file that it goes to."""

    file: str
    png: bytes


class Report:
    """Trends of records, as of `made_at`; a chart is drawn when a format first asks for it."""

    def __init__(self, records: Iterable[BuildRecord], made_at: datetime) -> None:
        self.made_at = made_at
        self._points = trends.points(records)
        self.services = summary.trends(self._points)

    @cached_property
    def image_size(self) -> Picture:
        """Image size by commit, all services."""
        return Picture("image-size.png", charts.render(charts.image_size(self._points)))

    @cached_property
    def build_times(self) -> dict[str, Picture]:
        """Build time by commit of each service, by its name."""
        found: dict[str, Picture] = {}
        taken: set[str] = set()
        for trend in self.services:
            figure = charts.build_time(self._points, trend.service)
            file = _file_name(trend.service, taken)
            taken.add(file)
            found[trend.service] = Picture(file, charts.render(figure))
        return found

    @property
    def pictures(self) -> list[Picture]:
        return [self.image_size, *self.build_times.values()] if self.services else []


def _file_name(service: str, taken: set[str]) -> str:
    name = "build-time-" + re.sub(r"[^A-Za-z0-9._-]", "-", service)[:80]
    file, number = f"{name}.png", 1
    while file in taken:
        number += 1
        file = f"{name}-{number}.png"
    return file

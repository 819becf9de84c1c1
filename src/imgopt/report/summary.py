"""The trends as rows of text that HTML and Markdown share."""

from __future__ import annotations

import msgspec
import pandas as pd


class Point(msgspec.Struct, frozen=True):
    """One commit of one service: median build time (s) by scenario, image size in bytes."""

    commit: str
    date: str
    subject: str
    times: dict[str, float]
    samples: int
    size_bytes: int


class ServiceTrend(msgspec.Struct, frozen=True):
    """All commits of one service, oldest first, and its scenarios in order of appearance."""

    service: str
    scenarios: tuple[str, ...]
    points: tuple[Point, ...]

    def change(self, scenario: str) -> float | None:
        """Last over first median of a scenario, None with fewer than two points."""
        values = [p.times[scenario] for p in self.points if scenario in p.times]
        return values[-1] / values[0] if len(values) > 1 and values[0] > 0 else None

    @property
    def notes(self) -> tuple[str, ...]:
        """What the names of its commits do not say."""
        commits = [p.commit for p in self.points]
        found = []
        if any(c.endswith("+") for c in commits):
            found.append("+ after a commit: built with uncommitted changes.")
        if "" in commits:
            found.append("none: built outside git.")
        return tuple(found)

    @property
    def size_change(self) -> float | None:
        """Last over first image size."""
        sizes = [p.size_bytes for p in self.points]
        return sizes[-1] / sizes[0] if len(sizes) > 1 and sizes[0] > 0 else None


def trends(frame: pd.DataFrame) -> list[ServiceTrend]:
    """One trend a service from the frame of trends.points."""
    found = []
    for service, rows in frame.groupby("service", sort=False):
        scenarios = tuple(dict.fromkeys(str(s) for s in rows["scenario"]))
        points = []
        ordered = rows.sort_values("at", kind="stable")
        for commit, group in ordered.groupby("commit", sort=False):
            last = group.iloc[-1]
            points.append(
                Point(
                    commit=str(commit),
                    date=last["at"].strftime("%Y-%m-%d"),
                    subject=str(last["subject"]),
                    times={
                        str(s): float(v)
                        for s, v in zip(group["scenario"], group["median_s"], strict=True)
                    },
                    samples=int(group["samples"].sum()),
                    size_bytes=int(last["size_bytes"]),
                )
            )
        found.append(ServiceTrend(str(service), scenarios, tuple(points)))
    return found

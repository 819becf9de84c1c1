"""Rows of builds as compact columns, however many there are. Pure.

A million builds take some hundred megabytes less than their rows do: what repeats (services,
scenarios, commits) is a number, and what is known of a commit is kept once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice
from typing import NamedTuple, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from imgopt.records.build import RECORDED
from imgopt.records.rows import BuildRow
from imgopt.records.variant import Side, side_of

Numbers = NDArray[np.int32]
_CHUNK = 20_000
_TYPES = {
    "lane": "int32",
    "commit": "int32",
    "number": "int64",
    "started": "float64",
    "duration_s": "float64",
    "size_bytes": "float64",
    "context_bytes": "float64",
    "cache_hits": "float64",
    "cache_steps": "float64",
    "findings": "float64",
    "failed": "bool",
}


class Lane(NamedTuple):
    """What is never mixed in one series."""

    service: str
    scenario: str
    machine: str
    engine: str
    isolation: str

    @property
    def is_recorded(self) -> bool:
        """Whether its builds were done anyway: never in one series with measured ones."""
        return self.isolation == RECORDED


class Commit(NamedTuple):
    """A commit, or a tree of a service that is none: one with changes, or outside git."""

    commit: str
    dirty: bool
    at: datetime
    subject: str
    author: str


class Observations(NamedTuple):
    """`builds` has a row a build, `lane` and `commit` being places in `lanes` and `commits`;
    `started` is in seconds since 1970, `findings` NaN where lint was not asked."""

    builds: pd.DataFrame
    lanes: list[Lane]
    commits: list[Commit]


def observe(rows: Iterable[BuildRow]) -> Observations:
    """The builds of `rows`, read once, in any order, without those of a comparison's other side."""
    lanes: dict[Lane, int] = {}
    commits: dict[tuple[str, bool, str], int] = {}
    known: list[Commit] = []
    frames = []
    for chunk in _chunks(rows):
        columns: list[tuple[object, ...]] = []
        for row in chunk:
            if row.variant and side_of(row.variant) is Side.A:
                continue  # another Dockerfile or builder, not this commit's
            lane = Lane(row.service, row.scenario, row.machine, row.engine, row.isolation)
            key = (row.commit, row.dirty, row.service if row.commit else row.run)
            place = commits.get(key)
            if place is None:
                place = commits[key] = len(known)
                at = row.committed_at or row.started_at
                known.append(Commit(row.commit, row.dirty, at, row.subject, row.author))
            columns.append(
                (
                    lanes.setdefault(lane, len(lanes)), place, row.number,
                    row.started_at.timestamp(), row.duration_s, row.size_bytes, row.context_bytes,
                    row.cache_hits, row.cache_steps,
                    np.nan if row.findings is None else row.findings, row.failed,
                )
            )  # fmt: skip
        frames.append(_frame(columns))
    builds = pd.concat(frames, ignore_index=True) if frames else _frame([])
    builds = builds.sort_values(["started", "number"], kind="stable", ignore_index=True)
    return Observations(builds, list(lanes), known)


def by_number(builds: pd.DataFrame, key: str | Numbers) -> Iterator[tuple[int, pd.DataFrame]]:
    """The builds in groups, in order of appearance, by a column of numbers or by one a build."""
    for number, group in builds.groupby(key, sort=False):
        yield cast(int, number), group


def _chunks(rows: Iterable[BuildRow]) -> Iterator[list[BuildRow]]:
    iterator = iter(rows)
    while chunk := list(islice(iterator, _CHUNK)):
        yield chunk


def _frame(rows: list[tuple[object, ...]]) -> pd.DataFrame:
    columns = zip(*rows, strict=True) if rows else ((),) * len(_TYPES)
    return pd.DataFrame(
        {
            name: np.array(column, dtype=kind)
            for (name, kind), column in zip(_TYPES.items(), columns, strict=True)
        }
    )

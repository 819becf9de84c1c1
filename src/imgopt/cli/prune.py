"""Which builds `history prune` removes."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import groupby

import msgspec

from imgopt.formats.escape import line
from imgopt.history.store import History
from imgopt.records.rows import BuildRow


class Going(msgspec.Struct, frozen=True):
    """The ids of what goes, and a line for each series that loses something."""

    ids: list[str]
    lines: list[str]


def prune(
    store: History, older_than: datetime | None, keep: int | None, services: Sequence[str]
) -> Going:
    """What goes: builds from before `older_than` that are not among the newest `keep` of their
    service and scenario."""
    ids: list[str] = []
    lines: list[str] = []
    for (service, scenario), rows in groupby(_rows(store, services), lambda r: r[3:5]):
        before, all_, last = len(ids), 0, None
        waiting: deque[BuildRow] = deque()
        for row in rows:
            all_ += 1
            waiting.append(row)
            if len(waiting) > (keep or 0):
                old = waiting.popleft()
                if older_than is None or old.started_at < older_than:
                    ids.append(old.id)
                    last = old.started_at
        if last is not None:
            gone = f"{len(ids) - before} of {all_} builds, until {last:%Y-%m-%d %H:%M} UTC"
            lines.append(line(f"{service} {scenario}: {gone}"))
    return Going(ids, lines)


def _rows(store: History, services: Sequence[str]) -> Iterator[BuildRow]:
    for part in store.rows(services=services):
        yield from part

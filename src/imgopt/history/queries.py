"""What a history is asked, as statements; store.py runs them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from imgopt.errors import HistoryError
from imgopt.history.tables import (
    BUILD_COLUMNS,
    BUILDS,
    DOCUMENTS,
    EVENTS,
    IMAGES,
    LAYER_COLUMNS,
    LAYERS,
    STEP_COLUMNS,
    STEPS,
)

_PREFIX = re.compile("[0-9a-f]{4,64}")


class Wanted(msgspec.Struct, frozen=True):
    """Which builds; what is empty asks for nothing."""

    image_id: str = ""
    services: Sequence[str] = ()
    scenarios: Sequence[str] = ()
    commits: Sequence[str] = ()
    since: datetime | None = None
    until: datetime | None = None

    def conditions(self) -> list[sa.ColumnElement[bool]]:
        """For a WHERE on builds."""
        found: list[sa.ColumnElement[bool]] = []
        if self.image_id:
            found.append(BUILDS.c.image_id == self.image_id)
        for column, values in (
            (BUILDS.c.service, self.services),
            (BUILDS.c.scenario, self.scenarios),
            (BUILDS.c.commit, self.commits),
        ):
            if values:
                found.append(column.in_(list(values)))
        return [*found, *_between(BUILDS.c.started_at, self.since, self.until)]


def _between(
    column: sa.ColumnElement[datetime], since: datetime | None, until: datetime | None
) -> list[sa.ColumnElement[bool]]:
    found = []
    if since is not None:
        found.append(column >= since)
    if until is not None:
        found.append(column < until)
    return found


def documents(wanted: Wanted) -> sa.Select[tuple[str, bytes]]:
    """(id, document) of builds, oldest first."""
    return _documents().where(*wanted.conditions()).order_by(BUILDS.c.started_at, BUILDS.c.id)


def latest(wanted: Wanted, limit: int, sides: bool) -> sa.Select[tuple[str, bytes]]:
    """(id, document) of the last builds, newest first."""
    query = _documents().where(*wanted.conditions())
    if not sides:
        query = query.where(BUILDS.c.variant == "")
    return query.order_by(BUILDS.c.started_at.desc(), BUILDS.c.id.desc()).limit(limit)


def by_prefix(prefix: str) -> sa.Select[tuple[str, bytes]]:
    """(id, document) of at most two builds whose id begins so."""
    if not _PREFIX.fullmatch(prefix):
        raise HistoryError(
            f"{prefix[:64]!r} is no id of a record: give 4 or more of its hex digits"
        )
    # Hex digits sort before g in every collation.
    within = (BUILDS.c.id >= prefix, BUILDS.c.id < f"{prefix}g")
    return _documents().where(*within).limit(2)


def _documents() -> sa.Select[tuple[str, bytes]]:
    return sa.select(BUILDS.c.id, DOCUMENTS.c.data).join(
        DOCUMENTS, DOCUMENTS.c.number == BUILDS.c.number
    )


def rows(wanted: Wanted) -> sa.Select[Any]:
    """The columns of BuildRow, by series and time."""
    query = sa.select(*BUILD_COLUMNS).where(*wanted.conditions())
    return query.order_by(BUILDS.c.service, BUILDS.c.scenario, BUILDS.c.started_at, BUILDS.c.number)


def newest(wanted: Wanted, limit: int) -> sa.Select[Any]:
    """The columns of BuildRow, newest first, at most `limit` (0: all)."""
    query = sa.select(*BUILD_COLUMNS).where(*wanted.conditions())
    return query.order_by(BUILDS.c.started_at.desc(), BUILDS.c.number.desc()).limit(limit or None)


def steps(numbers: Sequence[int]) -> sa.Select[Any]:
    """The columns of StepRow."""
    query = sa.select(*STEP_COLUMNS).where(STEPS.c.number.in_(numbers))
    return query.order_by(STEPS.c.number, STEPS.c.position)


def layers(numbers: Sequence[int]) -> sa.Select[Any]:
    """The columns of LayerRow."""
    query = sa.select(*LAYER_COLUMNS).where(LAYERS.c.number.in_(numbers))
    return query.order_by(LAYERS.c.number, LAYERS.c.position)


def known(wanted: Wanted) -> sa.Select[Any]:
    """The columns of Recorded."""
    keys = (BUILDS.c.service, BUILDS.c.scenario, BUILDS.c.commit, BUILDS.c.dirty)
    failures = sa.func.sum(sa.case((BUILDS.c.failed, 1), else_=0))
    query = sa.select(*keys, sa.func.count(), failures)
    return query.where(BUILDS.c.variant == "", *wanted.conditions()).group_by(*keys).order_by(*keys)


def events(
    services: Sequence[str], since: datetime | None, until: datetime | None
) -> sa.Select[tuple[str, bytes]]:
    """(id, document) of events, oldest first."""
    query = sa.select(EVENTS.c.id, EVENTS.c.data).where(*_between(EVENTS.c.at, since, until))
    if services:
        query = query.where(EVENTS.c.service.in_(list(services)))
    return query.order_by(EVENTS.c.at, EVENTS.c.number)


def images(image_ids: Sequence[str]) -> sa.Select[tuple[str, bytes]]:
    """(id, document) of image records in the order of their numbers."""
    query = sa.select(IMAGES.c.id, IMAGES.c.data)
    if image_ids:
        query = query.where(IMAGES.c.image_id.in_(list(image_ids)))
    return query.order_by(IMAGES.c.number)


def remove(connection: sa.Connection, ids: Sequence[str]) -> int:
    """Remove builds with all that is kept of them; how many there were."""
    query = sa.select(BUILDS.c.number).where(BUILDS.c.id.in_(ids))
    numbers = list(connection.scalars(query))
    for table in (STEPS, LAYERS, DOCUMENTS, BUILDS):
        connection.execute(sa.delete(table).where(table.c.number.in_(numbers)))
    return len(numbers)

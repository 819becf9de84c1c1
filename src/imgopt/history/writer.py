"""Writing records: what is not there yet gets the next numbers, in the caller's transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Executor
from itertools import chain
from typing import Any

import sqlalchemy as sa

from imgopt.errors import HistoryError
from imgopt.history import bulk
from imgopt.history.rowing import build_row, event_row, image_row, layer_rows, pack, step_rows
from imgopt.history.tables import BUILDS, DOCUMENTS, EVENTS, IMAGES, LAYERS, STEPS
from imgopt.records import build as build_records
from imgopt.records import event as event_records
from imgopt.records import image as image_records
from imgopt.records.build import BuildRecord
from imgopt.records.event import Event
from imgopt.records.image import ImageRecord
from imgopt.records.limits import check_build, check_event, check_image

_PACKED = 25


class Writer:
    """Adds records to one open transaction, in which nobody else writes.

    `packer` deflates documents beside what the database does; both leave Python's lock.
    """

    def __init__(self, connection: sa.Connection, packer: Executor) -> None:
        self._connection = connection
        self._packer = packer
        self._numbers: dict[str, int] = {}

    def builds(self, records: Sequence[BuildRecord]) -> int:
        """Add build records; returns how many are new. HistoryError for one that must not be."""
        found: dict[str, tuple[BuildRecord, bytes]] = {}
        for record in records:
            try:
                check_build(record)
                key, document = build_records.identified(record)
            except ValueError as error:
                raise _refused(f"the build of {record.service[:100]}", error) from error
            found[key] = record, document
        new = self._new(BUILDS, found)
        first = self._take(DOCUMENTS, len(new))
        packed = self._packer.map(_pack_all, _parts([found[key][1] for key in new]))
        numbered = [(first + at, found[key][0]) for at, key in enumerate(new)]
        self._insert(
            BUILDS, (build_row(n, k, one) for (n, one), k in zip(numbered, new, strict=True))
        )
        self._insert(STEPS, (row for one in numbered for row in step_rows(*one)))
        self._insert(LAYERS, (row for one in numbered for row in layer_rows(*one)))
        self._insert(DOCUMENTS, enumerate(chain.from_iterable(packed), first))
        return len(new)

    def events(self, events: Sequence[Event]) -> int:
        """Add events; returns how many are new."""
        found: dict[str, Event] = {}
        for event in events:
            try:
                check_event(event)
                found[event_records.content_id(event)] = event
            except ValueError as error:
                raise _refused(f"the event of {event.service[:100]}", error) from error
        new = self._new(EVENTS, found)
        first = self._take(EVENTS, len(new))
        self._insert(EVENTS, (event_row(first + at, k, found[k]) for at, k in enumerate(new)))
        return len(new)

    def images(self, images: Sequence[ImageRecord]) -> int:
        """Add image records; returns how many are new."""
        found: dict[str, ImageRecord] = {}
        for image in images:
            try:
                check_image(image)
                found[image_records.content_id(image)] = image
            except ValueError as error:
                raise _refused(f"the record of image {image.name[:100]}", error) from error
        new = self._new(IMAGES, found)
        first = self._take(IMAGES, len(new))
        self._insert(IMAGES, (image_row(first + at, k, found[k]) for at, k in enumerate(new)))
        return len(new)

    def _new(self, table: sa.Table, found: Mapping[str, object]) -> list[str]:
        """The ids that the table has not yet."""
        query = sa.select(table.c.id).where(table.c.id.in_(list(found)))
        known = set(self._connection.scalars(query))
        return [key for key in found if key not in known]

    def _take(self, table: sa.Table, count: int) -> int:
        """The first of so many numbers that are free."""
        if table.name not in self._numbers:
            last = self._connection.scalar(sa.select(sa.func.max(table.c.number)))
            self._numbers[table.name] = (last or 0) + 1
        first = self._numbers[table.name]
        self._numbers[table.name] += count
        return first

    def _insert(self, table: sa.Table, rows: Iterable[tuple[Any, ...]]) -> None:
        bulk.insert(self._connection, table, list(rows))


def _parts(documents: Sequence[bytes]) -> list[Sequence[bytes]]:
    return [documents[at : at + _PACKED] for at in range(0, len(documents), _PACKED)]


def _pack_all(documents: Sequence[bytes]) -> list[bytes]:
    return [pack(document) for document in documents]


def _refused(what: str, error: ValueError) -> HistoryError:
    reason = "it holds bytes that are no text" if isinstance(error, UnicodeError) else str(error)
    return HistoryError(f"{what} cannot be stored: {reason}")

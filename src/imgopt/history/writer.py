"""Writing records: what is not there yet gets the next numbers, in the caller's transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import AbstractContextManager
from itertools import chain
from typing import Any, NamedTuple, Protocol, TypeVar

import sqlalchemy as sa

from imgopt.errors import HistoryError
from imgopt.history import bulk
from imgopt.history.rowing import build_row, event_row, image_row, layer_rows, pack, step_rows
from imgopt.history.tables import BUILDS, DOCUMENTS, EVENTS, IMAGES, LAYERS, STEPS
from imgopt.records import event as event_records
from imgopt.records import image as image_records
from imgopt.records import lines
from imgopt.records.build import BuildRecord, identified
from imgopt.records.event import Event
from imgopt.records.image import ImageRecord
from imgopt.records.limits import check
from imgopt.records.lines import Item

_I = TypeVar("_I", BuildRecord, Event, ImageRecord)
_AT_ONCE = 500  # databases limit the values of one query
_PACKED = 25


class Added(NamedTuple):
    """How many of each kind were new."""

    builds: int
    events: int
    images: int


class Copy(Protocol):
    """Where new records of one transaction go besides the database."""

    def write(self, line: bytes) -> None:
        """Take a line (records/lines.py)."""
        ...

    def keep(self) -> str:
        """Keep what was written, all of it; the name of it, empty where there is nothing."""
        ...


class Journal(Protocol):
    """What has all records, so that the database is only for reading them: a branch of git."""

    @property
    def shown(self) -> str:
        """How messages name it."""
        ...

    def opened(self) -> AbstractContextManager[Copy]:
        """For the records of one transaction."""
        ...


class Writer:
    """Adds records to one open transaction, in which nobody else writes.

    `packer` deflates documents beside what the database does; both leave Python's lock. What is
    `checked` has been looked at before (records/limits.py). HistoryError for what no history takes.
    """

    def __init__(
        self, connection: sa.Connection, packer: Executor, checked: bool, copy: Copy | None = None
    ) -> None:
        self._connection = connection
        self._packer = packer
        self._checked = checked
        self._copy = copy
        self._numbers: dict[str, int] = {}
        self._builds: list[BuildRecord] = []
        self._events: list[Event] = []
        self._images: list[ImageRecord] = []
        self._added = [0, 0, 0]

    def put(self, items: Iterable[Item]) -> Added:
        """Add all of them; how many are new."""
        try:
            self._put(items)
        except UnicodeError as error:
            raise HistoryError(
                "a record cannot be stored: it holds bytes that are no text"
            ) from error
        return Added(*self._added)

    def _put(self, items: Iterable[Item]) -> None:
        for item in items:
            if isinstance(item, BuildRecord):
                self._builds.append(item)
                if len(self._builds) == _AT_ONCE:
                    self._flush()
            elif isinstance(item, Event):
                self._events.append(item)
            else:
                self._images.append(item)
            if len(self._events) == _AT_ONCE or len(self._images) == _AT_ONCE:
                self._flush()
        self._flush()

    def _flush(self) -> None:
        for at, add in enumerate((self._add_builds, self._add_events, self._add_images)):
            self._added[at] += add()
        for waiting in (self._builds, self._events, self._images):
            waiting.clear()

    def _add_builds(self) -> int:
        found: dict[str, tuple[BuildRecord, bytes]] = {}
        for record in self._builds:
            self._check(record)
            key, document = identified(record)
            found[key] = record, document
        new = self._new(BUILDS, found)
        first = self._take(DOCUMENTS, len(new))
        packed = self._packer.map(_pack_all, _parts([found[key][1] for key in new]))
        numbered = [(first + at, key, found[key][0]) for at, key in enumerate(new)]
        self._insert(BUILDS, (build_row(*one) for one in numbered))
        self._insert(STEPS, (row for n, _, one in numbered for row in step_rows(n, one)))
        self._insert(LAYERS, (row for n, _, one in numbered for row in layer_rows(n, one)))
        self._insert(DOCUMENTS, enumerate(chain.from_iterable(packed), first))
        if self._copy is not None:
            for key in new:
                self._copy.write(found[key][1])
        return len(new)

    def _add_events(self) -> int:
        found = {event_records.content_id(self._check(event)): event for event in self._events}
        new = self._new(EVENTS, found)
        first = self._take(EVENTS, len(new))
        self._insert(EVENTS, (event_row(first + at, k, found[k]) for at, k in enumerate(new)))
        self._write(found[key] for key in new)
        return len(new)

    def _add_images(self) -> int:
        found = {image_records.content_id(self._check(image)): image for image in self._images}
        new = self._new(IMAGES, found)
        first = self._take(IMAGES, len(new))
        self._insert(IMAGES, (image_row(first + at, k, found[k]) for at, k in enumerate(new)))
        self._write(found[key] for key in new)
        return len(new)

    def _check(self, item: _I) -> _I:
        if not self._checked:
            try:
                check(item)
            except ValueError as error:
                raise _refused(item, str(error)) from error
        return item

    def _write(self, items: Iterable[Item]) -> None:
        if self._copy is not None:
            for item in items:
                self._copy.write(lines.line(item))

    def _new(self, table: sa.Table, found: Mapping[str, object]) -> list[str]:
        """The ids that the table has not yet."""
        if not found:
            return []
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


def _refused(item: Item, reason: str) -> HistoryError:
    if isinstance(item, ImageRecord):
        what = f"the record of image {item.name[:100]!r}"
    elif isinstance(item, Event):
        what = f"an event of {item.service[:100]!r}"
    else:
        what = f"a build of {item.service[:100]!r}"
    return HistoryError(f"{what} cannot be stored: {reason}")

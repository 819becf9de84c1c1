"""The history: records in a database, written once and read by many."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import sqlalchemy as sa

from imgopt.errors import HistoryError
from imgopt.history import queries, schema
from imgopt.history.address import address
from imgopt.history.connect import connect
from imgopt.history.folder import NAME, make
from imgopt.history.rowing import unpack
from imgopt.history.tables import BUILDS, SOURCES
from imgopt.history.writer import Added, Journal, Writer
from imgopt.records.build import BuildRecord, decode
from imgopt.records.event import Event
from imgopt.records.event import decode as decode_event
from imgopt.records.image import ImageRecord
from imgopt.records.image import decode as decode_image
from imgopt.records.lines import Item
from imgopt.records.rows import BuildRow, LayerRow, Recorded, StepRow

T = TypeVar("T")
_AT_ONCE = 500  # databases limit the values of one query
_ROWS = 2000


def default_url(root: Path) -> str:
    """The database in the project's folder."""
    return f"sqlite:///{root / NAME / 'history.db'}"


class History:
    """An open history. Records are immutable and have a content id: adding twice is adding once.

    Without `create`, for reading alone, HistoryError says when there is none yet. `since` and
    `until` are aware; what begins at `since` is among what is found, what begins at `until` not.
    What is added goes to a `journal`, too, and is in both or in neither.
    """

    def __init__(self, url: str, create: bool = True, journal: Journal | None = None) -> None:
        self._at = address(url)
        self._journal = journal
        self._shown = journal.shown if journal else self._at.shown
        self._make_place(create)
        self._connections = connect(self._at, create)
        with self._connections.reading() as connection:
            found = schema.version(connection)
        if found is None and not create:
            raise HistoryError(f"{self._shown} holds no history yet")
        if not schema.is_current(found, self._shown):
            self._upgrade(found)
        elif create:
            self._connections.write_ahead()

    def _make_place(self, create: bool) -> None:
        file = self._at.file
        if file is None:
            return
        try:
            if create:
                make(file.parent)
            elif not file.exists():
                raise HistoryError(f"there is no history {file} yet; `imgopt bench` creates one")
        except OSError as error:
            raise HistoryError(
                f"cannot write the history {self._shown}: {error.strerror}; "
                "name another with --history"
            ) from error

    def _upgrade(self, found: str | None) -> None:
        """Another process may have done it while this one waited."""
        self._connections.write_ahead()
        try:
            with self._connections.writing() as connection:
                if not schema.is_current(schema.version(connection), self._shown):
                    schema.upgrade(connection)
        except HistoryError as error:
            if found is None:
                raise
            raise HistoryError(
                f"{error}. It is of an older imgopt and has to be brought up to date once, where "
                "it can be written"
            ) from error

    def require_writable(self) -> None:
        """Raise HistoryError now rather than after an hour of measuring."""
        with self._connections.writing() as connection:
            connection.execute(sa.delete(BUILDS).where(sa.false()))

    def add(self, records: Iterable[BuildRecord]) -> int:
        """Store records in one transaction; returns how many were new.

        HistoryError for a record that no history takes (records/limits.py); then, and when
        `records` raises, nothing is stored.
        """
        return self.add_all(records).builds

    def add_events(self, events: Iterable[Event]) -> int:
        """The same for events; there is no way to change or to remove one."""
        return self.add_all(events).events

    def add_images(self, images: Iterable[ImageRecord]) -> int:
        """The same for image records."""
        return self.add_all(images).images

    def add_all(self, items: Iterable[Item], checked: bool = False) -> Added:
        """The same for records of all kinds. What is `checked` is not looked at once more."""
        with self._connections.writing() as connection, ThreadPoolExecutor(1) as packer:
            if self._journal is None:
                return Writer(connection, packer, checked).put(items)
            with self._journal.opened() as copy:
                added = Writer(connection, packer, checked, copy).put(items)
                name = copy.keep()
            if name:
                connection.execute(sa.insert(SOURCES), {"name": name})
            return added

    def read_sources(self, names: Iterable[str], items: Iterable[Item]) -> None:
        """Add what files of the journal hold, in one transaction."""
        with self._connections.writing() as connection, ThreadPoolExecutor(1) as packer:
            known = set(connection.scalars(sa.select(SOURCES.c.name)))
            Writer(connection, packer, checked=True).put(items)
            new = [{"name": name} for name in names if name not in known]
            if new:
                connection.execute(sa.insert(SOURCES), new)

    def sources(self) -> frozenset[str]:
        """The files of the journal that were added."""
        with self._connections.reading() as connection:
            return frozenset(connection.scalars(sa.select(SOURCES.c.name)))

    def records(
        self,
        image_id: str = "",
        services: Sequence[str] = (),
        scenarios: Sequence[str] = (),
        commits: Sequence[str] = (),
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> Iterator[BuildRecord]:
        """Records, oldest first: all, or those that are of what is named."""
        wanted = queries.Wanted(image_id, services, scenarios, commits, since, until)
        yield from self._decoded(queries.documents(wanted), decode)

    def latest(
        self, service: str, scenario: str = "", limit: int = 1, sides: bool = False
    ) -> list[BuildRecord]:
        """The last records of a service, the newest first; those of comparisons with `sides`."""
        scenarios = (scenario,) if scenario else ()
        wanted = queries.Wanted(services=(service,), scenarios=scenarios)
        return list(self._decoded(queries.latest(wanted, limit, sides), decode))

    def record(self, prefix: str) -> BuildRecord:
        """The one record whose id begins so; HistoryError when there is none, or more than one."""
        found = list(self._decoded(queries.by_prefix(prefix), decode))
        if len(found) != 1:
            many = "more than one record" if found else "no record"
            raise HistoryError(f"{self._shown} has {many} whose id begins with {prefix[:64]!r}")
        return found[0]

    def rows(
        self,
        services: Sequence[str] = (),
        scenarios: Sequence[str] = (),
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> Iterator[list[BuildRow]]:
        """Builds in lists of some thousand, ordered by service, scenario and time.

        No record is parsed, and no more than one list is held.
        """
        wanted = queries.Wanted("", services, scenarios, (), since, until)
        for part in self._partitions(queries.rows(wanted)):
            yield [BuildRow._make(row) for row in part]

    def newest_rows(self, limit: int, services: Sequence[str] = (), scenarios: Sequence[str] = (),
                    since: datetime | None = None) -> list[BuildRow]:  # fmt: skip
        """The last builds, the newest first."""
        wanted = queries.Wanted(services=services, scenarios=scenarios, since=since)
        with self._connections.reading() as connection:
            found = connection.execute(queries.newest(wanted, limit))
            return [BuildRow._make(row) for row in found]

    def steps(self, numbers: Iterable[int]) -> Iterator[StepRow]:
        """The steps of the builds with these numbers, by number and position."""
        for row in self._of_numbers(numbers, queries.steps):
            yield StepRow._make(row)

    def layers(self, numbers: Iterable[int]) -> Iterator[LayerRow]:
        """The layers of the images of these builds, by number and position."""
        for row in self._of_numbers(numbers, queries.layers):
            yield LayerRow._make(row)

    def known(
        self,
        services: Sequence[str] = (),
        scenarios: Sequence[str] = (),
        commits: Sequence[str] = (),
    ) -> Iterator[Recorded]:
        """What is recorded of which commit, outside comparisons."""
        wanted = queries.Wanted("", services, scenarios, commits)
        for part in self._partitions(queries.known(wanted)):
            yield from map(Recorded._make, part)

    def events(
        self,
        services: Sequence[str] = (),
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> Iterator[Event]:
        """Events, oldest first."""
        yield from self._decoded(queries.events(services, since, until), decode_event)

    def images(self, image_ids: Sequence[str] = ()) -> Iterator[ImageRecord]:
        """Image records in the order in which they came: all, or those of these images."""
        yield from self._decoded(queries.images(image_ids), decode_image)

    def remove(self, ids: Iterable[str]) -> int:
        """Remove build records by their ids, in one transaction; returns how many there were.

        HistoryError for a history on a branch of git, whose files never change.
        """
        if self._journal is not None:
            raise HistoryError(
                f"{self._shown}: nothing can be removed from a history on a branch of git; "
                "export what is to stay, and import it into another one"
            )
        with self._connections.writing() as connection:
            return sum(queries.remove(connection, some) for some in _batches(ids, _AT_ONCE))

    def shrink(self) -> None:
        """Give back to the disk what removed records took; PostgreSQL does it by itself."""
        self._connections.compact()

    def close(self) -> None:
        """Let go of the database."""
        self._connections.engine.dispose()

    def _decoded(
        self, query: sa.Select[tuple[str, bytes]], decoder: Callable[[bytes], T]
    ) -> Iterator[T]:
        for part in self._partitions(query, _AT_ONCE):
            for key, data in part:
                try:
                    yield decoder(unpack(data))
                except (msgspec.MsgspecError, ValueError) as error:
                    raise HistoryError(
                        f"{self._shown}: record {key[:12]} is damaged: {error}"
                    ) from error

    def _of_numbers(
        self, numbers: Iterable[int], query: Callable[[Sequence[int]], sa.Select[Any]]
    ) -> Iterator[Any]:
        for some in _batches(numbers, _AT_ONCE):
            for part in self._partitions(query(some)):
                yield from part

    def _partitions(self, query: sa.Select[Any], size: int = _ROWS) -> Iterator[Sequence[Any]]:
        """What a query finds, read from the database bit by bit."""
        with self._connections.reading() as connection:
            found = connection.execute(query, execution_options={"yield_per": size})
            yield from found.partitions()


def _batches(items: Iterable[T], size: int) -> Iterator[list[T]]:
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch

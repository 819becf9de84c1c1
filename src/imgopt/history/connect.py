"""Connections to a history's database: SQLite's settings, waiting for others, errors told."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec
import sqlalchemy as sa

from imgopt.errors import HistoryError, ImgoptError
from imgopt.extras import MissingExtra, extra_of
from imgopt.history.address import Address

_PATIENCE_S = 300  # for the writes of other processes, and for a server that has no room
_CACHE_KIB = 64_000
_PAGE_BYTES = 16_384  # of a new file: records fill pages of 4 kB badly
_DATABASES = ("sqlite", "postgresql")
# Writers of one database wait for each other: any number that nobody else takes.
_LOCK = 0x696D676F7074
_MOUNTS = Path("/proc/self/mounts")
# Where several machines see one file, WAL's shared memory is not shared: sqlite.org/wal.html.
_NETWORK = ("nfs", "cifs", "smb", "9p", "afs", "ceph", "gluster", "lustre", "sshfs", "fuse.")


class Connections(msgspec.Struct, frozen=True):
    """Where connections come from."""

    at: Address
    engine: sa.Engine

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        with _said(self.at), _connected(self.engine) as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """A transaction that others wait for; what it wrote is kept at the end of the block."""
        with (
            _said(self.at),
            _connected(self.engine) as plain,
            plain.execution_options(writes=True) as connection,
            connection.begin(),
        ):
            if connection.dialect.name == "postgresql":
                connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{_PATIENCE_S}s'")
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
            yield connection

    def compact(self) -> None:
        """Have SQLite write its file anew, without what was removed, where nobody is in the way."""
        if self.engine.dialect.name == "sqlite":
            self._try("VACUUM")

    def write_ahead(self) -> None:
        """Have SQLite write a log of its own beside the file, so that nobody who reads waits.

        Where that cannot be had, the file is used as it is.
        """
        if self.at.file is not None and not is_on_network(self.at.file):
            self._try("PRAGMA journal_mode = WAL")

    def _try(self, statement: str) -> None:
        """Run a statement of SQLite outside of transactions; it may fail."""
        with self.engine.connect() as connection:
            try:
                connection.connection.cursor().execute(statement)
            except Exception as error:
                if not isinstance(error, self.engine.dialect.loaded_dbapi.Error):
                    raise


def connect(at: Address, create: bool) -> Connections:
    """Connections to a database; HistoryError and MissingExtra when there can be none."""
    try:
        engine = _engine(at, create)
    except ModuleNotFoundError as error:
        raise _missing(at.shown, error.name or str(error)) from error
    except (sa.exc.ArgumentError, ImportError, TypeError, ValueError) as error:
        reason = at.redacted(str(error))
        raise HistoryError(f"{at.shown!r} is not a database URL: {reason}") from error
    if engine.dialect.name not in _DATABASES:
        raise HistoryError(
            f"{at.shown}: a history is kept in SQLite or PostgreSQL, not in {engine.dialect.name}"
        )
    return Connections(at, engine)


def _engine(at: Address, create: bool) -> sa.Engine:
    if at.url.get_backend_name() != "sqlite":
        return sa.create_engine(at.url)
    url = at.url if create else _readable(at)
    engine = sa.create_engine(url, connect_args={"timeout": _PATIENCE_S})

    @sa.event.listens_for(engine, "connect")
    def _configure(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # transactions are begun below
        connection.execute(f"PRAGMA page_size = {_PAGE_BYTES}")
        connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")

    @sa.event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        writes = connection.get_execution_options().get("writes")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _readable(at: Address) -> sa.URL:
    """A file with a log of its own can be read where nothing can be written only if SQLite is told
    that nobody else writes, either."""
    if (
        at.file is None
        or at.url.query
        or not at.file.is_file()
        or os.access(at.file.parent, os.W_OK)
    ):
        return at.url
    beside = [Path(f"{at.file}{suffix}") for suffix in ("-wal", "-shm")]
    if any(path.exists() for path in beside):
        return at.url
    quoted = quote(str(at.file.absolute()))
    return at.url.set(database=f"file:{quoted}", query={"immutable": "1", "uri": "true"})


@contextmanager
def _connected(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A connection; a server that has too many is asked again until it has room."""
    end = time.monotonic() + _PATIENCE_S
    while True:
        try:
            connection = engine.connect()
            break
        except sa.exc.OperationalError as error:
            if not _has_no_room(error) or time.monotonic() > end:
                raise
            time.sleep(random.uniform(0.02, 0.2))
    with connection:
        yield connection


def _has_no_room(error: sa.exc.OperationalError) -> bool:
    said = str(error.orig)
    return "too many clients" in said or "remaining connection slots" in said


@contextmanager
def _said(at: Address) -> Iterator[None]:
    """What the database says, as one message without passwords."""
    try:
        yield
    except sa.exc.SQLAlchemyError as error:
        reason = (str(getattr(error, "orig", None) or error).splitlines() or [""])[0]
        raise HistoryError(
            f"the history {at.shown} cannot be used: {at.redacted(reason)}; "
            "name another with --history"
        ) from error


def _missing(shown: str, module: str) -> ImgoptError:
    """A database's driver is not installed."""
    extra = extra_of(module)
    if extra is None:
        return HistoryError(f"the history {shown} needs the Python module {module}; install it")
    return MissingExtra(f"the history {shown}", extra)


def is_on_network(file: Path, mounted: Path = _MOUNTS) -> bool:
    """Whether a file lies on a file system that other machines see, as Linux lists what is
    mounted (proc(5)); False where there is no such list."""
    try:
        lines = mounted.read_text(errors="replace").splitlines()
    except OSError:
        return False
    found = (line.split() for line in lines)
    mounts = {parts[1].replace("\\040", " "): parts[2] for parts in found if len(parts) > 2}
    place = file.absolute().parent.resolve()
    kind = next((mounts[str(p)] for p in (place, *place.parents) if str(p) in mounts), "")
    return kind.startswith(_NETWORK)

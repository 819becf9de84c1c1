"""The history: build records in a database (SQLite by default), through SQLAlchemy Core."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import sqlalchemy as sa

from imgopt.errors import HistoryError, ImgoptError
from imgopt.extras import MissingExtra, extra_of
from imgopt.history.address import address
from imgopt.history.folder import NAME, make
from imgopt.records.build import BuildRecord, content_id, decode, encode

T = TypeVar("T")
_AT_ONCE = 500  # databases limit the values of one query
_PATIENCE_S = 60  # for the writes of other processes
_ATTEMPTS = 5
_METADATA = sa.MetaData()
BUILDS = sa.Table(
    "builds",
    _METADATA,
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("run", sa.String(32), nullable=False),
    sa.Column("service", sa.String(200), nullable=False, index=True),
    sa.Column("scenario", sa.String(64), nullable=False),
    sa.Column("commit", sa.String(64), nullable=False, index=True),
    sa.Column("started_at", sa.DateTime(timezone=True), nullable=False, index=True),
    sa.Column("duration_s", sa.Float, nullable=False),
    sa.Column("size_bytes", sa.BigInteger, nullable=False),
    sa.Column("image_id", sa.String(80), nullable=False, index=True),
    sa.Column("record", sa.Text, nullable=False),
)


def default_url(root: Path) -> str:
    """The database in the project's folder."""
    return f"sqlite:///{root / NAME / 'history.db'}"


class History:
    """An open history. Records are immutable and have a content id: adding twice is adding once.

    Without `create`, for reading alone, HistoryError says when there is none yet.
    """

    def __init__(self, url: str, create: bool = True) -> None:
        self._at = address(url)
        try:
            if self._at.file is not None and create:
                make(self._at.file.parent)
            elif self._at.file is not None and not self._at.file.exists():
                raise HistoryError(
                    f"there is no history {self._at.file} yet; `imgopt bench` creates one"
                )
            self._engine = _engine(self._at.url)
        except OSError as error:
            raise HistoryError(
                f"cannot write the history {self._at.shown}: {error.strerror}; "
                "name another with --history"
            ) from error
        except ModuleNotFoundError as error:
            raise _missing(self._at.shown, error.name or str(error)) from error
        except (sa.exc.ArgumentError, ImportError, TypeError, ValueError) as error:
            reason = self._at.redacted(str(error))
            raise HistoryError(f"{self._at.shown!r} is not a database URL: {reason}") from error
        with self._errors():
            if sa.inspect(self._engine).has_table(BUILDS.name):
                return
            if not create:
                raise HistoryError(f"{self._at.shown} holds no history yet")
            _again(self._create)

    def _create(self) -> None:
        """Make the tables; another process may be making them at this moment."""
        with self._writing() as connection:
            _METADATA.create_all(connection)

    def require_writable(self) -> None:
        """Raise HistoryError now rather than after an hour of measuring."""
        with self._errors(), self._writing() as connection:
            connection.execute(sa.delete(BUILDS).where(sa.false()))

    def add(self, records: Iterable[BuildRecord]) -> int:
        """Store records in one transaction; returns how many were new."""
        rows = {content_id(r): r for r in records}
        if not rows:
            return 0
        with self._errors():
            return _again(lambda: self._add(rows))

    def _add(self, rows: Mapping[str, BuildRecord]) -> int:
        with self._writing() as connection:
            known: set[str] = set()
            keys = sorted(rows)  # in one order everywhere, or two writers wait for each other
            for start in range(0, len(keys), _AT_ONCE):
                some = BUILDS.c.id.in_(keys[start : start + _AT_ONCE])
                known.update(connection.scalars(sa.select(BUILDS.c.id).where(some)))
            new = [_row(key, rows[key]) for key in keys if key not in known]
            if new:
                connection.execute(sa.insert(BUILDS), new)
            return len(new)

    def records(self, image_id: str = "") -> Iterator[BuildRecord]:
        """All records, oldest first, or those that made one image."""
        query = sa.select(BUILDS.c.id, BUILDS.c.record).order_by(BUILDS.c.started_at, BUILDS.c.id)
        if image_id:
            query = query.where(BUILDS.c.image_id == image_id)
        with self._errors(), self._engine.connect() as connection:
            for key, text in connection.execute(query):
                try:
                    yield decode(text)
                except msgspec.MsgspecError as error:
                    raise HistoryError(
                        f"{self._at.shown}: record {key[:12]} is damaged: {error}"
                    ) from error

    def close(self) -> None:
        self._engine.dispose()

    @contextmanager
    def _writing(self) -> Iterator[sa.Connection]:
        """A transaction that others wait for; what it wrote is kept at the end of the block."""
        with (
            self._engine.connect().execution_options(writes=True) as connection,
            connection.begin(),
        ):
            yield connection

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except sa.exc.SQLAlchemyError as error:
            reason = str(getattr(error, "orig", None) or error).splitlines()[0]
            raise HistoryError(
                f"the history {self._at.shown} cannot be used: {self._at.redacted(reason)}; "
                "name another with --history"
            ) from error


def _engine(url: sa.URL) -> sa.Engine:
    """An engine; SQLite's waits for other processes, and writes lock before they read."""
    if url.get_backend_name() != "sqlite":
        return sa.create_engine(url)
    engine = sa.create_engine(url, connect_args={"timeout": _PATIENCE_S})

    @sa.event.listens_for(engine, "connect")
    def _leave_transactions_to_us(connection: Any, _record: object) -> None:
        connection.isolation_level = None

    @sa.event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        writes = connection.get_execution_options().get("writes")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _again(write: Callable[[], T]) -> T:
    """What `write` gives; once more where another process was faster.

    SQLite locks before; other databases say that what is to be made is there already.
    """
    for _ in range(_ATTEMPTS - 1):
        try:
            return write()
        except (sa.exc.IntegrityError, sa.exc.ProgrammingError):
            continue
    return write()


def _missing(shown: str, module: str) -> ImgoptError:
    """A database's driver is not installed."""
    extra = extra_of(module)
    if extra is None:
        return HistoryError(f"the history {shown} needs the Python module {module}; install it")
    return MissingExtra(f"the history {shown}", extra)


def _row(key: str, record: BuildRecord) -> dict[str, object]:
    return {
        "id": key,
        "run": record.run,
        "service": record.service,
        "scenario": record.scenario,
        "commit": record.commit,
        "started_at": record.started_at,
        "duration_s": record.duration_s,
        "size_bytes": record.image.size_bytes,
        "image_id": record.image.id,
        "record": encode(record).decode(),
    }

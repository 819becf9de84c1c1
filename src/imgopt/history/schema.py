"""The version of a history's tables: which one is there, and bringing an older one up to date."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import sqlalchemy as sa

from imgopt.errors import HistoryError
from imgopt.history import bulk
from imgopt.history.rowing import build_row, layer_rows, step_rows, unpack
from imgopt.history.tables import BUILDS, DOCUMENTS, LAYERS, STEPS
from imgopt.records.build import BuildRecord, content_id, decode
from imgopt.records.limits import check_build

VERSION = "0002"
_WITHOUT_ALEMBIC = "0001"  # histories were made before there were versions
_AT_ONCE = 500
_SCRIPTS = "imgopt.history:migrations"


def version(connection: sa.Connection) -> str | None:
    """The version of the tables; None where there are none yet."""
    inspector = sa.inspect(connection)
    if inspector.has_table("alembic_version"):
        found = connection.scalar(sa.text("SELECT version_num FROM alembic_version"))
        if found is not None:
            return str(found)
    return _WITHOUT_ALEMBIC if inspector.has_table(BUILDS.name) else None


def is_current(found: str | None, shown: str) -> bool:
    """Whether the tables are this imgopt's; HistoryError when they are of a newer one."""
    if found is not None and found > VERSION:
        raise HistoryError(
            f"the history {shown} was written by a newer imgopt (schema {found}, this one knows "
            f"{VERSION}); upgrade imgopt or name another with --history"
        )
    return found == VERSION


def upgrade(connection: sa.Connection) -> None:
    """Make the tables, or bring older ones up to date, in the connection's transaction."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", _SCRIPTS)
    config.attributes["connection"] = connection
    if version(connection) == _WITHOUT_ALEMBIC:
        command.stamp(config, _WITHOUT_ALEMBIC)
    command.upgrade(config, "head")
    for records in _without_rows(connection):
        bulk.insert(connection, BUILDS, [build_row(*numbered) for numbered in records])
        for number, _, record in records:
            bulk.insert(connection, STEPS, step_rows(number, record))
            bulk.insert(connection, LAYERS, layer_rows(number, record))


def _without_rows(connection: sa.Connection) -> Iterator[list[tuple[int, str, BuildRecord]]]:
    """Records of which only the document is there. What is damaged, what no history takes any
    more, and what is there twice stays a document."""
    last = 0
    seen = set(connection.scalars(sa.select(BUILDS.c.id)))
    while True:
        missing = sa.select(BUILDS.c.number).where(BUILDS.c.number == DOCUMENTS.c.number).exists()
        query = sa.select(DOCUMENTS).where(DOCUMENTS.c.number > last, ~missing)
        rows = connection.execute(query.order_by(DOCUMENTS.c.number).limit(_AT_ONCE)).all()
        if not rows:
            return
        last = rows[-1].number
        found = []
        for number, data in rows:
            try:
                record = decode(unpack(data))
                check_build(record)
            except (msgspec.MsgspecError, ValueError, RecursionError):
                continue
            key = content_id(record)
            if key not in seen:
                seen.add(key)
                found.append((number, key, record))
        yield found

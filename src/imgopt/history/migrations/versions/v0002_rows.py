"""Builds with all that reports ask for; steps, layers, images and events as rows of their own.

The records move to `documents`; schema.py makes the rows of `builds`, `steps` and `layers` from
them, since what those hold follows the code that is current and not this version.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_AT_ONCE = 500
_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_APPEND_ONLY = "events are an audit trail: they are neither changed nor removed"


def upgrade() -> None:
    documents = op.create_table(
        "documents",
        sa.Column("number", _NUMBER, primary_key=True, autoincrement=False),
        sa.Column("data", sa.LargeBinary, nullable=False),
    )
    connection = op.get_bind()
    for rows in _records(connection):
        connection.execute(sa.insert(documents), rows)
    op.drop_table("builds")
    _create_builds()
    _create_parts()
    _create_others()
    if connection.dialect.name == "sqlite":
        _guard_in_sqlite()
    else:
        _guard_in_postgresql()


def _records(connection: sa.Connection) -> Iterator[list[dict[str, Any]]]:
    """The documents of today's records, numbered by their age."""
    old = sa.table(
        "builds",
        sa.column("id", sa.Text),
        sa.column("started_at", sa.DateTime(timezone=True)),
        sa.column("record", sa.Text),
    )
    query = sa.select(old.c.record).order_by(old.c.started_at, old.c.id)
    result = connection.execute(query, execution_options={"yield_per": _AT_ONCE})
    number = 0
    for texts in result.scalars().partitions():
        rows = []
        for text in texts:
            number += 1
            rows.append({"number": number, "data": zlib.compress(text.encode(), 1)})
        yield rows


def _create_builds() -> None:
    op.create_table(
        "builds",
        sa.Column("number", _NUMBER, primary_key=True, autoincrement=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("run", sa.Text, nullable=False),
        sa.Column("service", sa.Text, nullable=False),
        sa.Column("scenario", sa.Text, nullable=False),
        sa.Column("sample", sa.BigInteger, nullable=False),
        sa.Column("commit", sa.Text, nullable=False),
        sa.Column("dirty", sa.Boolean, nullable=False),
        sa.Column("committed_at", sa.DateTime(timezone=True)),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("author", sa.Text, nullable=False),
        sa.Column("dockerfile", sa.Text, nullable=False),
        sa.Column("target", sa.Text, nullable=False),
        sa.Column("variant", sa.Text, nullable=False),
        sa.Column("isolation", sa.Text, nullable=False),
        sa.Column("machine", sa.Text, nullable=False),
        sa.Column("engine", sa.Text, nullable=False),
        sa.Column("driver", sa.Text, nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("duration_s", sa.Double, nullable=False),
        sa.Column("context_bytes", sa.BigInteger, nullable=False),
        sa.Column("cache_hits", sa.BigInteger, nullable=False),
        sa.Column("cache_steps", sa.BigInteger, nullable=False),
        sa.Column("image_id", sa.Text, nullable=False),
        sa.Column("size_bytes", sa.BigInteger, nullable=False),
        sa.Column("findings", sa.BigInteger),
        sa.Column("failed", sa.Boolean, nullable=False),
    )
    op.create_index("builds_id", "builds", ["id"], unique=True)
    op.create_index("builds_series", "builds", ["service", "scenario", "started_at", "number"])
    op.create_index("builds_started_at", "builds", ["started_at"])
    op.create_index("builds_commit", "builds", ["commit"])
    op.create_index("builds_image_id", "builds", ["image_id"])


def _create_parts() -> None:
    op.create_table(
        "steps",
        sa.Column("number", _NUMBER, primary_key=True, autoincrement=False),
        sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("stage", sa.Text, nullable=False),
        sa.Column("line", sa.Integer, nullable=False),
        sa.Column("end_line", sa.Integer, nullable=False),
        sa.Column("instruction", sa.Text, nullable=False),
        sa.Column("duration_s", sa.Double, nullable=False),
        sa.Column("cached", sa.Boolean, nullable=False),
        sa.Column("critical", sa.Boolean, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "layers",
        sa.Column("number", _NUMBER, primary_key=True, autoincrement=False),
        sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("size_bytes", sa.BigInteger, nullable=False),
        sa.Column("line", sa.Integer, nullable=False),
        sa.Column("instruction", sa.Text, nullable=False),
        sqlite_with_rowid=False,
    )


def _create_others() -> None:
    op.create_table(
        "images",
        sa.Column("number", _NUMBER, primary_key=True, autoincrement=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("image_id", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("size_bytes", sa.BigInteger, nullable=False),
        sa.Column("data", sa.LargeBinary, nullable=False),
    )
    op.create_index("images_id", "images", ["id"], unique=True)
    op.create_index("images_image_id", "images", ["image_id"])
    op.create_table(
        "events",
        sa.Column("number", _NUMBER, primary_key=True, autoincrement=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("service", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("commit", sa.Text, nullable=False),
        sa.Column("data", sa.LargeBinary, nullable=False),
    )
    op.create_index("events_id", "events", ["id"], unique=True)
    op.create_index("events_at", "events", ["at"])
    op.create_table("sources", sa.Column("name", sa.Text, primary_key=True))


def _guard_in_sqlite() -> None:
    for change in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER events_no_{change.lower()} BEFORE {change} ON events "
            f"BEGIN SELECT RAISE(ABORT, '{_APPEND_ONLY}'); END"
        )


def _guard_in_postgresql() -> None:
    op.execute(
        "CREATE FUNCTION imgopt_events_are_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{_APPEND_ONLY}'; END $$"
    )
    op.execute(
        "CREATE TRIGGER events_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON events "
        "FOR EACH STATEMENT EXECUTE FUNCTION imgopt_events_are_append_only()"
    )

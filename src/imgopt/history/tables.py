"""The tables of a history as they are now; how older ones become these is in migrations/."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from imgopt.records.rows import BuildRow, LayerRow, StepRow

METADATA = sa.MetaData()
# SQLite numbers its rows by an INTEGER PRIMARY KEY, and by nothing that has another name.
Number = sa.BigInteger().with_variant(sa.Integer, "sqlite")


class Moment(sa.types.TypeDecorator[datetime]):
    """An aware time, kept in UTC; SQLite itself keeps no offset."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:
        return value if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


# The columns of BuildRow, in its order. Steps and layers refer to `number` without a constraint:
# PostgreSQL checks one for every row, which more than doubles the time of an import.
BUILDS = sa.Table(
    "builds",
    METADATA,
    sa.Column("number", Number, primary_key=True, autoincrement=False),
    sa.Column("id", sa.Text, nullable=False),
    sa.Column("run", sa.Text, nullable=False),
    sa.Column("service", sa.Text, nullable=False),
    sa.Column("scenario", sa.Text, nullable=False),
    sa.Column("sample", sa.BigInteger, nullable=False),
    sa.Column("commit", sa.Text, nullable=False),
    sa.Column("dirty", sa.Boolean, nullable=False),
    sa.Column("committed_at", Moment),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("author", sa.Text, nullable=False),
    sa.Column("dockerfile", sa.Text, nullable=False),
    sa.Column("target", sa.Text, nullable=False),
    sa.Column("variant", sa.Text, nullable=False),
    sa.Column("isolation", sa.Text, nullable=False),
    sa.Column("machine", sa.Text, nullable=False),
    sa.Column("engine", sa.Text, nullable=False),
    sa.Column("driver", sa.Text, nullable=False),
    sa.Column("started_at", Moment, nullable=False),
    sa.Column("duration_s", sa.Double, nullable=False),
    sa.Column("context_bytes", sa.BigInteger, nullable=False),
    sa.Column("cache_hits", sa.BigInteger, nullable=False),
    sa.Column("cache_steps", sa.BigInteger, nullable=False),
    sa.Column("image_id", sa.Text, nullable=False),
    sa.Column("size_bytes", sa.BigInteger, nullable=False),
    sa.Column("findings", sa.BigInteger),
    sa.Column("failed", sa.Boolean, nullable=False),
    sa.Index("builds_id", "id", unique=True),
    sa.Index("builds_series", "service", "scenario", "started_at", "number"),
    sa.Index("builds_started_at", "started_at"),
    sa.Index("builds_commit", "commit"),
    sa.Index("builds_image_id", "image_id"),
)
# The complete record, which the other tables are made from: its JSON, deflated. Not a column of
# `builds`, so that reading many builds reads little.
DOCUMENTS = sa.Table(
    "documents",
    METADATA,
    sa.Column("number", Number, primary_key=True, autoincrement=False),
    sa.Column("data", sa.LargeBinary, nullable=False),
)
STEPS = sa.Table(
    "steps",
    METADATA,
    sa.Column("number", Number, primary_key=True, autoincrement=False),
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
LAYERS = sa.Table(
    "layers",
    METADATA,
    sa.Column("number", Number, primary_key=True, autoincrement=False),
    sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("digest", sa.Text, nullable=False),
    sa.Column("size_bytes", sa.BigInteger, nullable=False),
    sa.Column("line", sa.Integer, nullable=False),
    sa.Column("instruction", sa.Text, nullable=False),
    sqlite_with_rowid=False,
)
IMAGES = sa.Table(
    "images",
    METADATA,
    sa.Column("number", Number, primary_key=True, autoincrement=False),
    sa.Column("id", sa.Text, nullable=False),
    sa.Column("image_id", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("size_bytes", sa.BigInteger, nullable=False),
    sa.Column("data", sa.LargeBinary, nullable=False),
    sa.Index("images_id", "id", unique=True),
    sa.Index("images_image_id", "image_id"),
)
# An audit trail: triggers refuse changes (migrations/).
EVENTS = sa.Table(
    "events",
    METADATA,
    sa.Column("number", Number, primary_key=True, autoincrement=False),
    sa.Column("id", sa.Text, nullable=False),
    sa.Column("service", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("commit", sa.Text, nullable=False),
    sa.Column("data", sa.LargeBinary, nullable=False),
    sa.Index("events_id", "id", unique=True),
    sa.Index("events_at", "at"),
)
# Of a cache of a git branch: the files of the branch that are in it.
SOURCES = sa.Table("sources", METADATA, sa.Column("name", sa.Text, primary_key=True))

BUILD_COLUMNS = [BUILDS.c[name] for name in BuildRow._fields]
STEP_COLUMNS = [STEPS.c[name] for name in StepRow._fields]
LAYER_COLUMNS = [LAYERS.c[name] for name in LayerRow._fields]

"""One table: a build a row, with the record as JSON. What imgopt 0.1 made, without Alembic."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "builds",
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

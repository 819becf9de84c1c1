from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from records import record

from imgopt.errors import HistoryError
from imgopt.history.schema import VERSION
from imgopt.history.store import History
from imgopt.records.build import BuildRecord, content_id, encode

# What `CREATE TABLE` said before there were versions.
OLD = """
CREATE TABLE builds (
    id VARCHAR(64) NOT NULL, run VARCHAR(32) NOT NULL, service VARCHAR(200) NOT NULL,
    scenario VARCHAR(64) NOT NULL, "commit" VARCHAR(64) NOT NULL, started_at DATETIME NOT NULL,
    duration_s FLOAT NOT NULL, size_bytes BIGINT NOT NULL, image_id VARCHAR(80) NOT NULL,
    record TEXT NOT NULL, PRIMARY KEY (id)
);
CREATE INDEX ix_builds_service ON builds (service);
CREATE INDEX ix_builds_started_at ON builds (started_at);
CREATE INDEX ix_builds_image_id ON builds (image_id);
CREATE INDEX ix_builds_commit ON builds ("commit");
"""


def old_history(path: Path, records: list[BuildRecord]) -> None:
    """A database as imgopt 0.1 left it."""
    with sqlite3.connect(path) as connection:
        connection.executescript(OLD)
        connection.executemany(
            f"INSERT INTO builds VALUES ({','.join('?' * 10)})",
            [(content_id(r), r.run, r.service, r.scenario, r.commit,
              r.started_at.replace(tzinfo=None).isoformat(" "), r.duration_s, r.image.size_bytes,
              r.image.id, encode(r).decode()) for r in records],
        )  # fmt: skip


@pytest.mark.parametrize("create", [True, False])
def test_a_history_from_before_versions_becomes_todays(tmp_path: Path, create: bool) -> None:
    records = [record(n) for n in range(1203)]
    old_history(tmp_path / "h.db", records)
    history = History(f"sqlite:///{tmp_path / 'h.db'}", create)
    assert list(history.records()) == records
    (row,) = [row for rows in history.rows() for row in rows if row.subject == "change 7"]
    assert (row.id, row.started_at) == (content_id(records[7]), records[7].started_at)
    assert [step.instruction for step in history.steps([row.number])] == ["RUN"]
    assert [layer.digest for layer in history.layers([row.number])] == ["sha256:l"]
    assert history.add(records) == 0


def test_what_an_old_history_holds_and_none_takes_any_more_is_passed_over(tmp_path: Path) -> None:
    bad = record(1, service="x" * 300)
    old_history(tmp_path / "h.db", [record(0), bad])
    with sqlite3.connect(tmp_path / "h.db") as connection:
        connection.execute("INSERT INTO builds SELECT 'no id', run, service, scenario, 'c', "
                           "started_at, 0, 0, '', '{}' FROM builds LIMIT 1")  # fmt: skip
    history = History(f"sqlite:///{tmp_path / 'h.db'}")
    assert list(history.records()) == [record(0)]
    assert history.add([record(5)]) == 1


def test_a_history_of_a_newer_imgopt_is_one_message(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'h.db'}"
    History(url).add([record()])
    with sqlite3.connect(tmp_path / "h.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0999'")
    for create in (True, False):
        with pytest.raises(HistoryError, match=r"by a newer imgopt \(schema 0999, .* upgrade"):
            History(url, create)


def test_the_version_is_that_of_the_last_migration() -> None:
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", "imgopt.history:migrations")
    assert ScriptDirectory.from_config(config).get_current_head() == VERSION


def test_the_migrations_make_the_tables_that_the_code_knows(tmp_path: Path) -> None:
    import sqlalchemy as sa
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    from imgopt.history.tables import METADATA

    url = f"sqlite:///{tmp_path / 'h.db'}"
    History(url).close()
    with sa.create_engine(url).connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []

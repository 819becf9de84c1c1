from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from records import record

from imgopt.errors import HistoryError
from imgopt.history.address import address
from imgopt.history.schema import VERSION
from imgopt.history.store import History
from imgopt.history.tables import METADATA
from imgopt.records.build import BuildRecord, content_id, encode

# As imgopt 0.1 made them: SQLite's own words, and PostgreSQL's for the same.
OLD = """
CREATE TABLE builds (
    id VARCHAR(64) NOT NULL, run VARCHAR(32) NOT NULL, service VARCHAR(200) NOT NULL,
    scenario VARCHAR(64) NOT NULL, "commit" VARCHAR(64) NOT NULL, started_at {time} NOT NULL,
    duration_s FLOAT NOT NULL, size_bytes BIGINT NOT NULL, image_id VARCHAR(80) NOT NULL,
    record TEXT NOT NULL, PRIMARY KEY (id)
);
CREATE INDEX ix_builds_service ON builds (service);
CREATE INDEX ix_builds_started_at ON builds (started_at);
CREATE INDEX ix_builds_image_id ON builds (image_id);
CREATE INDEX ix_builds_commit ON builds ("commit");
"""
INSERT = """
INSERT INTO builds VALUES (:id, :run, :service, :scenario, :commit, :started_at, :duration_s, 0,
'sha256:i', :record)
"""


def execute(url: str, *statements: str) -> None:
    engine = sa.create_engine(address(url).url)
    with engine.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
    engine.dispose()


def old_history(url: str, records: list[BuildRecord]) -> None:
    """A database as imgopt 0.1 left it."""
    is_sqlite = url.startswith("sqlite")
    if is_sqlite:
        Path(url.removeprefix("sqlite:///")).parent.mkdir()
    old = OLD.format(time="DATETIME" if is_sqlite else "TIMESTAMP WITH TIME ZONE")
    execute(url, *filter(str.strip, old.split(";")))
    engine = sa.create_engine(address(url).url)
    with engine.begin() as connection:
        connection.execute(
            sa.text(INSERT),
            [{"id": content_id(r), "run": r.run, "service": r.service[:200],
              "scenario": r.scenario, "commit": r.commit, "duration_s": r.duration_s,
              "started_at": r.started_at.isoformat(" ").removesuffix("+00:00" * is_sqlite),
              "record": encode(r).decode()} for r in records],
        )  # fmt: skip
    engine.dispose()


@pytest.mark.parametrize("create", [True, False])
def test_a_history_from_before_versions_becomes_todays(url: str, create: bool) -> None:
    records = [record(n) for n in range(1203)]
    old_history(url, records)
    history = History(url, create)
    assert list(history.records()) == records
    (row,) = [row for rows in history.rows() for row in rows if row.subject == "change 7"]
    assert (row.id, row.started_at) == (content_id(records[7]), records[7].started_at)
    assert [step.instruction for step in history.steps([row.number])] == ["RUN"]
    assert [layer.digest for layer in history.layers([row.number])] == ["sha256:l"]
    assert history.add(records) == 0
    history.close()


def test_an_old_history_that_cannot_be_written_is_one_message(tmp_path: Path) -> None:
    old_history(f"sqlite:///{tmp_path / 'a' / 'h.db'}", [record(0)])
    url = f"sqlite:///file:{tmp_path / 'a' / 'h.db'}?mode=ro&uri=true"
    with pytest.raises(HistoryError, match=r"readonly.*It is of an older imgopt"):
        History(url, create=False)


def test_what_an_old_history_holds_and_none_takes_any_more_is_passed_over(url: str) -> None:
    old_history(url, [record(0), record(1, service="x" * 300)])
    again = "SELECT 'other', run, service, scenario, 'c', started_at, 0, 0, '', record FROM builds"
    damaged = "SELECT 'no id', run, service, scenario, 'c', started_at, 0, 0, '', '{}' FROM builds"
    execute(url, *(f"INSERT INTO builds {what} LIMIT 1" for what in (damaged, again)))
    history = History(url)
    assert list(history.records()) == [record(0)]
    assert history.add([record(5)]) == 1
    history.close()


def test_a_history_of_a_newer_imgopt_is_one_message(url: str) -> None:
    History(url).close()
    execute(url, "UPDATE alembic_version SET version_num = '0999'")
    for create in (True, False):
        with pytest.raises(HistoryError, match=r"by a newer imgopt \(schema 0999, .* upgrade"):
            History(url, create)


def test_the_version_is_that_of_the_last_migration() -> None:
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", "imgopt.history:migrations")
    assert ScriptDirectory.from_config(config).get_current_head() == VERSION


def test_the_migrations_make_the_tables_that_the_code_knows(url: str) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    History(url).close()
    engine = sa.create_engine(address(url).url)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []
    engine.dispose()

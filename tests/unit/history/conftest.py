"""What a history holds does not depend on the database: its tests run on SQLite and PostgreSQL."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import postgresql_server
import pytest
from postgresql_server import Server


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Server]:
    problem = postgresql_server.problem()
    if problem and os.environ.get("IMGOPT_REQUIRE_POSTGRESQL"):
        pytest.fail(f"tests on PostgreSQL must run here, but: {problem}", pytrace=False)
    if problem:
        pytest.skip(problem)
    with postgresql_server.server() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'new' / 'h.db'}"
    server: Server = request.getfixturevalue("postgresql")
    return server.database()

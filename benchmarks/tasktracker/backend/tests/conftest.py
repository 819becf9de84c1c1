from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from fastapi.testclient import TestClient

from app import config, db


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'test.db'}")
    monkeypatch.setenv("TELEGRAM_SECRET", "let-me-in")
    config.settings.cache_clear()
    db.engine.cache_clear()
    command.upgrade(Config("alembic.ini"), "head")
    from app.main import app

    app.state.queue = False
    yield TestClient(app)
    db.engine().dispose()

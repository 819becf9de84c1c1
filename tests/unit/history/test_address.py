from __future__ import annotations

import pytest

from imgopt.errors import HistoryError
from imgopt.history.address import address
from imgopt.history.store import History


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://me:hunter2@host/db", "postgresql+psycopg://me:***@host/db"),
        ("mysql+pymysql://me:hunter2@host:3306/db", "mysql+pymysql://me:***@host:3306/db"),
        (
            "postgresql+psycopg://host/db?password=hunter2&user=me&sslmode=require",
            "postgresql+psycopg://host/db?sslmode=require&password=***&user=***",
        ),
        ("postgresql://me:hunter%402%3A@host/db", "postgresql+psycopg://me:***@host/db"),
        ("sqlite:////my folder/h.db", "sqlite:////my folder/h.db"),
        ("sqlite:///file:h.db?mode=ro&uri=true", "sqlite:///file:h.db?mode=ro&uri=true"),
        (
            "sqlite+pysqlcipher://:hunter2@/h.db?kdf_iter=1",
            "sqlite+pysqlcipher:///h.db?kdf_iter=***",
        ),
    ],
)
def test_a_url_is_shown_without_its_passwords(url: str, shown: str) -> None:
    assert address(url).shown == shown


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://me:hunter@2@host/db",
        "postgresql://me:hunter2@x@host/db",
        "postgresql://me@x:hunter2@host/db",
        "postgresql://me:@host:hunter2/db",
        "postgresql://host:hunter2/db",
        "hunter2@host/db",
        "me:hunter2@host",
        "://me:hunter2@host/db",
        "nodialect://me:hunter2@host/db",
        "nodialect://host/db?password=hunter2",
        "sqlite://hunter2",
    ],
)
def test_what_is_no_url_is_one_message_without_a_password(url: str) -> None:
    with pytest.raises(HistoryError, match="not a database URL") as error:
        History(url)
    if not url.startswith("sqlite"):
        assert "hunter" not in str(error.value)
    if url.count("@") > 1:
        assert "write @ as %40" in str(error.value)


@pytest.mark.parametrize(
    "url",
    ["sqlite://", "sqlite:///:memory:", "sqlite:///file::memory:?uri=true",
     "sqlite:///file:x?mode=memory&uri=true", "sqlite+pysqlite://", "sqlite:///?timeout=1"],
)  # fmt: skip
@pytest.mark.parametrize("create", [True, False])
def test_a_database_in_memory_is_refused(url: str, create: bool) -> None:
    with pytest.raises(HistoryError, match="would lose the records; name a file: sqlite:///PATH"):
        History(url, create)


def test_what_a_driver_says_is_shown_without_passwords() -> None:
    found = address("postgresql://me:hunter2@host/db?sslpassword=other22")
    said = found.redacted("cannot connect with password=hunter2 sslpassword=other22 to host")
    assert "hunter2" not in said
    assert "other22" not in said
    assert said.endswith("to host")

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from places import ROOT
from records import record

from imgopt.errors import HistoryError
from imgopt.extras import MissingExtra
from imgopt.history.connect import is_on_network
from imgopt.history.store import History, default_url
from imgopt.records.build import content_id, decode, encode
from imgopt.records.event import Event, EventKind, EventStatus


def open_history(folder: Path) -> History:
    return History(f"sqlite:///{folder / 'h.db'}")


def test_what_is_stored_comes_back_oldest_first(tmp_path: Path) -> None:
    history = open_history(tmp_path)
    assert history.add([record(2), record(1)]) == 2
    assert list(open_history(tmp_path).records()) == [record(1), record(2)]
    assert list(history.records(image_id="sha256:none")) == []


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(0, 8), max_size=12))
def test_adding_twice_is_adding_once(
    tmp_path_factory: pytest.TempPathFactory, numbers: list[int]
) -> None:
    history = open_history(tmp_path_factory.mktemp("h"))
    records = [record(n) for n in numbers]
    assert history.add(records) == len(set(numbers))
    assert history.add(records) == 0
    assert len(list(history.records())) == len(set(numbers))


@given(st.floats(0, 1e6), st.text(max_size=30), st.booleans())
def test_records_survive_json_and_keep_their_id(seconds: float, subject: str, dirty: bool) -> None:
    made = record(duration_s=seconds, subject=subject, dirty=dirty)
    again = decode(encode(made))
    assert again == made
    assert content_id(again) == content_id(made)


def test_the_default_keeps_itself_out_of_git(tmp_path: Path) -> None:
    History(default_url(tmp_path)).add([record()])
    assert (tmp_path / ".imgopt" / ".gitignore").read_text() == "*\n"


def test_trouble_is_one_message(tmp_path: Path) -> None:
    (tmp_path / "h.db").write_bytes(b"this is no database" * 100)
    with pytest.raises(HistoryError, match="not a database"):
        open_history(tmp_path)
    with pytest.raises(HistoryError, match="not a database URL"):
        History("nonsense")
    (tmp_path / "file").write_text("")
    with pytest.raises(HistoryError, match="cannot write"):
        History(f"sqlite:///{tmp_path / 'file' / 'h.db'}")


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg"])
def test_a_missing_driver_is_named_with_its_extra(
    scheme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)  # as if it were not installed
    with pytest.raises(MissingExtra) as caught:
        History(f"{scheme}://me:secret@localhost/imgopt")
    assert str(caught.value).endswith(" needs more packages: pip install 'imgopt[postgres]'")
    assert "secret" not in str(caught.value)


def test_another_databases_missing_driver_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pymysql", None)
    with pytest.raises(HistoryError, match="needs the Python module pymysql; install it"):
        History("mysql+pymysql://localhost/imgopt")


def test_a_read_only_database_is_refused_before_anything_is_measured(tmp_path: Path) -> None:
    open_history(tmp_path).require_writable()
    history = History(f"sqlite:///file:{tmp_path / 'h.db'}?mode=ro&uri=true")
    with pytest.raises(HistoryError, match="readonly"):
        history.require_writable()


def test_a_damaged_record_is_named(tmp_path: Path) -> None:
    history = open_history(tmp_path)
    history.add([record()])
    with sqlite3.connect(tmp_path / "h.db") as connection:
        connection.execute("UPDATE documents SET data = x'7b7d'")
    with pytest.raises(HistoryError, match="is damaged"):
        list(history.records())


def test_a_history_can_be_read_while_another_process_writes(tmp_path: Path) -> None:
    open_history(tmp_path).add([record()])
    with sqlite3.connect(tmp_path / "h.db", isolation_level=None) as other:
        other.execute("BEGIN EXCLUSIVE")
        other.execute("DELETE FROM builds")
        assert list(open_history(tmp_path).records()) == [record()]
        other.execute("ROLLBACK")


def test_sqlite_writes_a_log_so_that_nobody_who_reads_waits(tmp_path: Path) -> None:
    history = open_history(tmp_path)
    history.add([record()])
    with sqlite3.connect(tmp_path / "h.db") as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.close()
    history.close()
    assert [path.name for path in tmp_path.iterdir()] == ["h.db"]


READ = """
import os, sys
from imgopt.history.connect import is_on_network
from imgopt.history.store import History
list(History(f"sqlite:///{sys.argv[2]}").records())  # imports what another user may not read
if os.geteuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
history = History(sys.argv[1], create=False)
print(len(list(history.records())), sum(map(len, history.rows())))
"""


def test_a_history_is_read_where_nothing_can_be_written(tmp_path: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="imgopt read only ") as name:
        folder = Path(name)
        history = open_history(folder)
        history.add([record(1), record(2)])
        history.close()
        (folder / "h.db").chmod(0o444)
        folder.chmod(0o555)
        done = subprocess.run(
            [sys.executable, "-c", READ, f"sqlite:///{folder / 'h.db'}", tmp_path / "x.db"],
            env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        folder.chmod(0o755)
    assert done.stdout == "2 2\n", done.stderr


@pytest.mark.parametrize(
    ("changes", "said"),
    [({"service": "x" * 201}, "service has more"), ({"subject": "\ud800"}, "no text")],
)
def test_what_no_history_takes_is_refused_and_nothing_is_stored(
    url: str, changes: dict[str, object], said: str
) -> None:
    history = History(url)
    with pytest.raises(HistoryError, match=said):
        history.add([record(1), record(2, **changes)])
    assert list(history.records()) == []
    assert history.add([record(3, subject="a\0b", author="\x1b[31m")]) == 1
    assert [r.subject for r in history.records()] == ["a\0b"]
    history.close()


def test_events_that_are_no_text_are_refused(url: str) -> None:
    history = History(url)
    event = Event(
        kind=EventKind.DEPLOY,
        service="api",
        status=EventStatus.SUCCESS,
        at=record().started_at,
        actor="\udcff",
    )
    with pytest.raises(HistoryError, match="no text"):
        history.add_events([event])
    history.close()


@pytest.mark.parametrize(
    ("folder", "answer"),
    [("/srv/share/a b/c", True), ("/srv/share", False), ("/home/me", False), ("/mnt/x/y", True)],
)
def test_network_file_systems_are_known(tmp_path: Path, folder: str, answer: bool) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(
        "/dev/sda1 / ext4 rw 0 0\nserver:/export /srv/share/a\\040b nfs4 rw 0 0\n"
        "me@host:/ /mnt fuse.sshfs rw 0 0\nbroken\n"
    )
    assert is_on_network(Path(folder, "h.db"), mounts) is answer
    assert not is_on_network(Path(folder, "h.db"), tmp_path / "none")

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from places import ROOT
from records import record

from imgopt.errors import HistoryError
from imgopt.extras import MissingExtra
from imgopt.history.store import History, default_url
from imgopt.records.build import content_id, decode, encode


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


RACE = """
import multiprocessing, sys
from places import ROOT
from records import record
from imgopt.history.store import History

context = multiprocessing.get_context("fork")
barrier = context.Barrier(20)

def add(number):
    barrier.wait()
    history = History(sys.argv[1])
    history.require_writable()
    history.add([record(n) for n in range(number, number + 3)])

processes = [context.Process(target=add, args=(number,)) for number in range(20)]
for process in processes:
    process.start()
for process in processes:
    process.join()
sys.exit(sum(process.exitcode != 0 for process in processes))
"""


def test_twenty_processes_create_and_fill_a_history_at_once(tmp_path: Path) -> None:
    """Their records overlap; none fails and none is lost."""
    url = f"sqlite:///{tmp_path / 'new' / 'h.db'}"
    path = os.pathsep.join([str(ROOT / "src"), str(ROOT / "tests")])
    done = subprocess.run(
        [sys.executable, "-c", RACE, url],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    stored = History(url, create=False).records()
    assert sorted(r.started_at for r in stored) == [record(n).started_at for n in range(22)]


def test_a_history_can_be_read_while_another_process_writes(tmp_path: Path) -> None:
    open_history(tmp_path).add([record()])
    with sqlite3.connect(tmp_path / "h.db", isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        assert list(open_history(tmp_path).records()) == [record()]
        other.execute("ROLLBACK")

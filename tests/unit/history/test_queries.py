from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone

import pytest
import sqlalchemy as sa
from msgspec.structs import replace
from records import record

from imgopt.errors import HistoryError
from imgopt.history.address import address
from imgopt.history.store import History
from imgopt.records.build import Failure, content_id
from imgopt.records.event import Event, EventKind, EventStatus
from imgopt.records.image import ImageLayer, ImageRecord
from imgopt.records.rows import Recorded

START = record().started_at


@pytest.fixture
def history(url: str) -> Iterator[History]:
    opened = History(url)
    yield opened
    opened.close()


def test_records_are_found_by_what_is_asked(history: History) -> None:
    all_ = [record(n, service=s, scenario=c) for n in range(6) for s in "ab" for c in ("x", "y")]
    history.add(reversed(all_))
    since, until = START + timedelta(minutes=2), START + timedelta(minutes=4)
    assert [r.started_at for r in history.records(services=["a"], scenarios=["x"])] == [
        START + timedelta(minutes=n) for n in range(6)
    ]
    found = list(history.records(since=since, until=until))
    assert {r.subject for r in found} == {"change 2", "change 3"}
    elsewhere = timezone(timedelta(hours=5))
    assert list(history.records(since=since.astimezone(elsewhere), until=until)) == found
    assert len(list(history.records(commits=[all_[0].commit, "none"]))) == 4
    assert [r.subject for r in history.latest("a", "x", limit=2)] == ["change 5", "change 4"]


def test_a_record_is_found_by_the_beginning_of_its_id(history: History) -> None:
    history.add([record(n) for n in range(20)])
    key = content_id(record(3))
    assert history.record(key) == history.record(key[:12]) == record(3)
    for prefix in ("f" * 64, "", "abc", "%%%%", "x" * 1000):
        with pytest.raises(HistoryError, match=r"no record|no id"):
            history.record(prefix)


def test_rows_are_ordered_by_series_and_time_and_come_in_lists(history: History) -> None:
    offset = timezone(timedelta(hours=2))
    records = [record(n, service=s, started_at=(START - timedelta(minutes=n)).astimezone(offset))
               for n in range(1500) for s in ("web", "api")]  # fmt: skip
    history.add(records)
    parts = list(history.rows())
    assert [len(part) for part in parts] == [2000, 1000]
    rows = [row for part in parts for row in part]
    assert [(r.service, r.started_at) for r in rows] == sorted(
        (r.service, r.started_at) for r in records
    )
    assert all(row.started_at.tzinfo is UTC for row in rows)
    (one,) = [row for row in rows if row.subject == "change 9" and row.service == "web"]
    made = next(r for r in records if r.subject == "change 9" and r.service == "web")
    assert one.id == content_id(made)
    assert (one.machine, one.engine, one.driver) == ("m", "v1", "docker")
    assert (one.size_bytes, one.cache_steps, one.findings) == (5_000_000, 2, None)
    assert (one.failed, one.dirty, one.committed_at) == (False, False, made.committed_at)
    assert [r.service for part in history.rows(services=["api"], until=START) for r in part
            ].count("api") == 1499  # fmt: skip


def test_what_is_known_of_commits_is_counted(history: History) -> None:
    broken = record(2, failure=Failure("RUN x", "api", 2, "exit code: 1"))
    a, b = record(1), record(1, sample=2)
    history.add([a, b, broken, record(3, variant="B"), record(4, dirty=True)])
    assert list(history.known(services=["api"])) == [
        Recorded("api", "cold", a.commit, False, 2, 0),
        Recorded("api", "cold", broken.commit, False, 1, 1),
        Recorded("api", "cold", record(4).commit, True, 1, 0),
    ]
    assert list(history.known(commits=["none"])) == []


def test_what_is_removed_takes_its_parts_along(history: History) -> None:
    history.add([record(n) for n in range(3)])
    numbers = [row.number for rows in history.rows() for row in rows]
    assert history.remove([content_id(record(1)), content_id(record(1)), "none"]) == 1
    assert list(history.records()) == [record(0), record(2)]
    assert len(list(history.steps(numbers))) == len(list(history.layers(numbers))) == 2
    assert history.add([record(1)]) == 1


DEPLOY = Event(
    kind=EventKind.DEPLOY,
    service="api",
    status=EventStatus.SUCCESS,
    at=datetime(2026, 3, 1, tzinfo=UTC),
)


def test_events_are_kept_once_and_come_oldest_first(history: History) -> None:
    later = replace(DEPLOY, at=datetime(2026, 3, 2, tzinfo=UTC), kind=EventKind.ROLLBACK)
    web = replace(DEPLOY, service="web")
    assert history.add_events([later, DEPLOY, web, DEPLOY]) == 3
    assert history.add_events([later]) == 0
    assert list(history.events(services=["api"])) == [DEPLOY, later]
    assert list(history.events(since=later.at)) == [later]
    assert list(history.events(until=later.at)) == [DEPLOY, web]


def test_images_are_kept_once(history: History) -> None:
    layer = ImageLayer(0, "sha256:l", 10, 1, 0, "RUN", 2)
    one = ImageRecord("api:latest", "sha256:1", 10, 0, (layer,), ())
    two = ImageRecord("api:latest", "sha256:2", 10, 0, (layer,), ())
    assert history.add_images([one, two, one]) == 2
    assert history.add_images([one]) == 0
    assert list(history.images()) == [one, two]
    assert list(history.images(["sha256:2"])) == [two]


@pytest.mark.parametrize("statement", ["UPDATE events SET service = 'x'", "DELETE FROM events"])
def test_events_cannot_be_changed_or_removed(history: History, url: str, statement: str) -> None:
    history.add_events([DEPLOY])
    engine = sa.create_engine(address(url).url)
    with pytest.raises(sa.exc.DatabaseError, match="audit trail"), engine.begin() as connection:
        connection.exec_driver_sql(statement)
    engine.dispose()
    assert list(history.events()) == [DEPLOY]

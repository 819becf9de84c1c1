from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace
from records import record

from imgopt.history.store import History
from imgopt.records.build import Failure, content_id, encode
from imgopt.records.event import Event, EventKind, EventStatus
from imgopt.records.image import ImageRecord

DEPLOY = Event(
    kind=EventKind.DEPLOY,
    service="api",
    status=EventStatus.SUCCESS,
    at=datetime(2026, 3, 1, tzinfo=UTC),
    actor="me\x1b[31m",
)
IMAGE = ImageRecord("api:latest", "sha256:1", 10, 0, (), ())


def imgopt(*argv: str, cwd: Path, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "imgopt", "history", *argv],
        cwd=cwd, input=stdin, capture_output=True, text=True, check=False,
        env={**os.environ, "COLUMNS": "120"},
    )  # fmt: skip


def filled(folder: Path) -> History:
    """A history with builds, of which one failed, an event and an image."""
    failure = Failure("[2/2] RUN x", "api", 2, "exit code: 1", "boom\n\x1b[2Jgone")
    store = History(f"sqlite:///{folder / '.imgopt' / 'history.db'}")
    store.add([record(n) for n in range(5)])
    store.add([record(7, service="web", scenario="ci", subject="\x1b[31mred", failure=failure)])
    store.add_events([DEPLOY, replace(DEPLOY, service="web", kind=EventKind.ROLLBACK)])
    store.add_images([IMAGE])
    store.close()
    return store


def test_builds_are_listed_newest_first(tmp_path: Path) -> None:
    filled(tmp_path)
    lines = imgopt("ls", cwd=tmp_path).stdout.splitlines()
    assert lines[0].split() == "id began (UTC) service scenario commit time size result".split()
    assert len(lines) == 7
    assert "web" in lines[1] and lines[1].rstrip().endswith("failed")
    assert lines[2].startswith(content_id(record(4))[:12])
    assert len(imgopt("ls", "--limit", "2", cwd=tmp_path).stdout.splitlines()) == 3
    found = imgopt("ls", "--service", "api", "--scenario", "cold", "--format", "json", "--limit",
                   "0", cwd=tmp_path).stdout  # fmt: skip
    document = json.loads(found)
    assert [b["id"] for b in document["builds"]] == [content_id(record(n)) for n in (4, 3, 2, 1, 0)]
    assert document["builds"][0]["started_at"] == "2026-01-31T00:04:00Z"
    assert imgopt("ls", "--since", "2026-02-01", cwd=tmp_path).stdout == "no builds\n"


def test_events_are_listed(tmp_path: Path) -> None:
    filled(tmp_path)
    done = imgopt("ls", "--events", cwd=tmp_path)
    assert "\x1b" not in done.stdout
    assert "rollback  web" in done.stdout
    found = json.loads(imgopt("ls", "--events", "--service", "api", "--format", "json",
                              cwd=tmp_path).stdout)  # fmt: skip
    assert [event["kind"] for event in found["events"]] == ["deploy"]
    assert imgopt("ls", "--events", "--scenario", "cold", cwd=tmp_path).returncode == 2


def test_a_build_is_shown_with_its_steps_and_why_it_failed(tmp_path: Path) -> None:
    filled(tmp_path)
    shown = imgopt("show", content_id(record(1))[:8], cwd=tmp_path).stdout
    assert "[2/2] RUN x" in shown
    assert "BuildKit v1, docker, machine m" in shown
    listed = json.loads(imgopt("ls", "--service", "web", "--format", "json", cwd=tmp_path).stdout)
    key = listed["builds"][0]["id"]
    failed = imgopt("show", key.upper(), cwd=tmp_path).stdout
    assert "failed in [2/2] RUN x, line 2: exit code: 1" in failed
    assert "boom" in failed and "\x1b" not in failed
    document = json.loads(imgopt("show", key, "--format", "json", cwd=tmp_path).stdout)
    assert document["failure"]["line"] == 2
    for wrong in ("f" * 12, "nonsense", "a"):
        done = imgopt("show", wrong, cwd=tmp_path)
        assert done.returncode == 2
        assert done.stderr.startswith("imgopt: ") and done.stderr.count("\n") == 1


def test_everything_goes_from_one_history_to_another(tmp_path: Path) -> None:
    filled(tmp_path)
    exported = imgopt("export", cwd=tmp_path).stdout
    assert len(exported.splitlines()) == 9
    other = ("--history", f"sqlite:///{tmp_path / 'other.db'}")
    done = imgopt("import", "-", *other, cwd=tmp_path, stdin=exported)
    assert done.stderr == (
        "imgopt: 6 records added, 0 already present, 2 events added, 1 image record added\n"
    )
    assert imgopt("export", "file.jsonl", *other, cwd=tmp_path).returncode == 0
    assert (tmp_path / "file.jsonl").read_text() == exported
    again = imgopt("import", "file.jsonl", *other, cwd=tmp_path)
    assert again.stderr == "imgopt: 0 records added, 9 already present\n"
    some = imgopt("export", "--service", "web", cwd=tmp_path).stdout
    assert len(some.splitlines()) == 2


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        ({"image": replace(record().image, size_bytes=2**63)}, "size_bytes is too large"),
        ({"started_at": datetime(1, 1, 1, tzinfo=UTC)}, "started_at is not between"),
        ({"committed_at": datetime(9999, 12, 31, tzinfo=UTC)}, "committed_at is not between"),
        ({"service": "x" * 100_000}, "service has more than 200 characters"),
        ({"scenario": "a\x1bb"}, "scenario holds a control character"),
    ],
)
def test_what_no_report_can_show_is_refused_with_its_line(
    tmp_path: Path, bad: dict[str, object], said: str
) -> None:
    lines = [encode(record(1)), encode(record(2, **bad))]
    (tmp_path / "r.jsonl").write_bytes(b"\n\n".join(lines) + b"\n")
    done = imgopt("import", "r.jsonl", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"imgopt: r.jsonl:3: {said}")
    assert len(done.stderr) < 200
    assert not (tmp_path / ".imgopt").exists()


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('{"type": "event"}', "not an event: "),
        ('{"type": "event", "event": {"kind": "party"}}', "not an event: "),
        ('{"type": "image", "image": {"name": 1}}', "not an image record: "),
        ('{"type": "other"}', "not a build record: "),
        ('{"type": {}}', "not a build record: "),
        ("[]", "not a build record: "),
        ("\xff", "not a build record: "),
    ],
)
def test_lines_of_other_things_are_named(tmp_path: Path, line: str, said: str) -> None:
    done = imgopt("import", "-", cwd=tmp_path, stdin=f"{line}\n")
    assert done.returncode == 2
    assert done.stderr.startswith(f"imgopt: <stdin>:1: {said}")


def test_old_builds_are_removed_when_one_agrees(tmp_path: Path) -> None:
    store = filled(tmp_path)
    nobody = imgopt("prune", "--keep", "2", cwd=tmp_path)
    assert nobody.returncode == 2
    assert "3 builds would be removed; say --yes" in nobody.stderr
    dry = imgopt("prune", "--keep", "2", "--dry-run", cwd=tmp_path)
    assert dry.stdout == "api cold: 3 of 5 builds, until 2026-01-31 00:02 UTC\n"
    assert len(list(store.records())) == 6
    assert imgopt("prune", cwd=tmp_path).returncode == 2
    young = imgopt("prune", "--keep", "2", "--older-than", "2026-01-31", "--yes", cwd=tmp_path)
    assert "nothing to remove" in young.stderr
    done = imgopt("prune", "--keep", "2", "--service", "api", "--yes", cwd=tmp_path)
    assert done.stderr == "imgopt: 3 builds removed\n"
    assert [r.subject for r in store.records(services=["api"])] == ["change 3", "change 4"]
    later = datetime.now(UTC) - record().started_at + timedelta(days=-1)
    assert imgopt("prune", "--older-than", f"{later.days}d", "-y", "-q", cwd=tmp_path).stderr == ""
    assert list(store.records()) == []
    assert len(list(store.events())) == 2

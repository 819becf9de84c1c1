"""`imgopt record event`, as a pipeline calls it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

import pytest
from engine_fixtures import git, write

from imgopt.cli.main import main
from imgopt.history.store import History
from imgopt.records.event import Event, EventKind, EventStatus

DEPLOY = ("--kind", "deploy", "--service", "api", "--status", "success")


class Run(Protocol):
    def __call__(self, *argv: str) -> tuple[int, str]: ...


@pytest.fixture
def event(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Run:
    """`imgopt record event`: exit code and what was said."""
    monkeypatch.chdir(tmp_path)

    def run(*argv: str) -> tuple[int, str]:
        capsys.readouterr()
        return main(["record", "event", *argv]), capsys.readouterr().err

    return run


def events(cwd: Path) -> list[Event]:
    store = History(f"sqlite:///{cwd / '.imgopt' / 'history.db'}", create=False)
    found = list(store.events())
    store.close()
    return found


def test_an_event_is_recorded_once(tmp_path: Path, event: Run) -> None:
    argv = (*DEPLOY, "--duration", "90s", "--commit", "ABCDEF1234", "--environment", "production",
            "--url", "https://ci.example/runs/7", "--actor", "ann")  # fmt: skip
    at = "2026-11-01T12:00:00"
    assert event(*argv, "--at", f"{at}+02:00") == (
        0, "imgopt: deploy of api: recorded\n",
    )  # fmt: skip
    for same in ("2026-11-01T10:00:00Z", "2026-11-01T10:00:00"):
        _, said = event(*argv, "--at", same)
        assert said == "imgopt: deploy of api: already known\n"
    (made,) = events(tmp_path)
    assert made == Event(
        kind=EventKind.DEPLOY, service="api", status=EventStatus.SUCCESS,
        at=datetime(2026, 11, 1, 10, tzinfo=UTC), duration_s=90, commit="abcdef1234",
        environment="production", url="https://ci.example/runs/7", actor="ann",
    )  # fmt: skip


def test_without_a_time_it_is_now(tmp_path: Path, event: Run) -> None:
    before = datetime.now(UTC) - timedelta(seconds=1)
    argv = ("--kind", "rollback", "--service", "api", "--status", "failure", "-q")
    assert event(*argv) == (0, "")
    (made,) = events(tmp_path)
    assert before <= made.at <= datetime.now(UTC)
    assert (made.kind, made.status, made.commit) == ("rollback", "failure", "")


def test_git_tells_the_commit_and_its_date(tmp_path: Path, event: Run) -> None:
    write(tmp_path, {"a": "a"})
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", "-A")
    git(tmp_path, "-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "-qm", "a")
    commit = git(tmp_path, "rev-parse", "HEAD").strip()
    assert event(*DEPLOY, "--commit", "HEAD")[0] == 0
    (made,) = events(tmp_path)
    assert made.commit == commit
    assert made.committed_at is not None


def test_secrets_in_the_address_are_masked(tmp_path: Path, event: Run) -> None:
    url = "https://user:hunter2222@ci.example/1"
    assert event(*DEPLOY, "--url", url)[0] == 0
    (made,) = events(tmp_path)
    assert "hunter2222" not in made.url


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (DEPLOY[2:], "Missing option '--kind'"),
        ((*DEPLOY, "--kind", "release"), "is not one of"),
        ((*DEPLOY, "--status", "ok"), "is not one of"),
        ((*DEPLOY, "--duration", "soon"), "is not a duration"),
        ((*DEPLOY, "--at", "yesterday"), "is no time"),
        ((*DEPLOY, "--at", "9999-12-31T23:00:00-12:00"), "is no time"),
        ((*DEPLOY, "--at", "0001-01-01T00:00:00+12:00"), "is no time"),
        ((*DEPLOY, "--at", "1900-01-01"), "is not between"),
        ((*DEPLOY, "--at", "2200-01-01"), "has not come yet"),
        ((*DEPLOY, "--commit", "main; rm -rf"), "is no hash"),
        ((*DEPLOY, "--commit", "--output=x"), "is no hash"),
        ((*DEPLOY, "--service", " "), "service is empty"),
        ((*DEPLOY, "--service", "a\nb"), "control character"),
        ((*DEPLOY, "--environment", "x" * 1000), "more than 200 characters"),
        ((*DEPLOY, "--duration", "9999999999999h"), "is longer than a year"),
    ],
)
def test_what_is_wrong_is_refused(
    argv: tuple[str, ...], words: str, tmp_path: Path, event: Run
) -> None:
    code, said = event(*argv)
    assert (code, words in said) == (2, True), said
    assert not (tmp_path / ".imgopt").exists()

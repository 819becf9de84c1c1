from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from records import record
from repositories import Repository

from imgopt.cli.main import main
from imgopt.history.store import History
from imgopt.records.build import BuildRecord, BuiltImage, Failure, Layer, Step
from imgopt.records.event import Event, EventKind, EventStatus

NOW = datetime.now(UTC).replace(microsecond=0)


def build(day: int, sample: int, **changes: object) -> BuildRecord:
    """A build of a commit of so many days ago; slower since 20 days ago, by its line 7."""
    npm = (9.0 if day <= 20 else 4.0) + sample / 50
    at = NOW - timedelta(days=day)
    steps = (
        Step("a", "[app 2/3] RUN apt-get install", "app", 3, 3, "RUN", 0.0, 1.0, False),
        Step("b", "[app 3/3] RUN npm ci", "app", 7, 7, "RUN", 1.0, npm, False),
    )
    known: dict[str, object] = {
        "committed_at": at, "started_at": at + timedelta(minutes=sample), "steps": steps,
        "duration_s": 1.0 + npm, "sample": sample, "author": "Ada", "scenario": "code-change",
        "subject": f"change {100 - day}",
    }  # fmt: skip
    return record(100 - day, **(known | changes))


@pytest.fixture
def history(tmp_path: Path) -> str:
    url = f"sqlite:///{tmp_path / 'history.db'}"
    store = History(url)
    store.add([build(day, sample) for day in range(60, 0, -2) for sample in range(3)])
    failure = Failure("RUN npm ci", "app", 7, "exit code 1")
    store.add([build(5, 0, failure=failure)])
    store.add_events(
        [Event(kind=EventKind.DEPLOY, service="api", status=EventStatus.SUCCESS, at=NOW)]
    )
    store.close()
    return url


def run(history: str, output: Path, arguments: Sequence[str] = ()) -> int:
    return main(["report", "--history", history, "--output", str(output), *arguments])


def data(history: str, output: Path, *arguments: str) -> dict[str, object]:
    assert run(history, output, ["--format", "json", *arguments]) == 0
    return json.loads((output / "report.json").read_text())


def test_a_report_names_the_commit_the_author_and_the_line(history: str, tmp_path: Path) -> None:
    document = data(history, tmp_path / "out")
    (change,) = document["change_points"]
    assert (change["commit"], change["author"], change["line"]) == (
        f"{80:x}".ljust(40, "0"), "Ada", 7,
    )  # fmt: skip
    assert change["ratio"] == pytest.approx(2, rel=0.02)
    texts = [sentence["text"] for sentence in document["summary"]]
    assert texts[1] == (
        "api: code-change builds take 2.0 times as long (5.0 s → 10.0 s) since 5000000 "
        "“change 80” by Ada; line 7, RUN npm ci, is what moved, by 5.0 s."
    )
    (failed,) = document["services"][0]["failed"]
    assert (failed["line"], failed["message"]) == (7, "exit code 1")
    assert document["delivery"][0]["deployments"] == 1


def test_a_report_since_a_day_has_the_commits_of_that_time(history: str, tmp_path: Path) -> None:
    document = data(history, tmp_path / "out", "--since", "2w")
    dates = {p["at"] for s in document["services"][0]["series"] for p in s["points"]}
    assert min(map(datetime.fromisoformat, dates)) >= NOW - timedelta(weeks=2)
    assert document["change_points"] == []


def test_a_weekly_report_tells_this_week(history: str, tmp_path: Path) -> None:
    document = data(history, tmp_path / "out", "--weekly")
    texts = [sentence["text"] for sentence in document["summary"]]
    assert texts[0] == "Nothing got slower or bigger this week, in 1 service."
    assert any(", this week against the four before: " in text for text in texts)


def test_every_format_is_written(history: str, tmp_path: Path) -> None:
    names = "html,markdown,png,svg,csv,json,openmetrics"
    assert run(history, tmp_path / "out", ["--format", names]) == 0
    written = {path.name for path in (tmp_path / "out").iterdir()}
    assert written >= {
        "report.html", "report.md", "report.csv", "change-points.csv", "report.json",
        "metrics.txt",
    }  # fmt: skip
    assert {Path(name).suffix for name in written} >= {".png", ".svg"}
    with (tmp_path / "out" / "report.csv").open() as rows:
        assert {row["service"] for row in csv.DictReader(rows)} == {"api"}


@pytest.mark.parametrize("arguments", [["--service", "web"], ["--since", "9999-12-31"]])
def test_a_report_of_nothing_is_one_message(
    history: str, tmp_path: Path, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(history, tmp_path / "out", arguments) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "no records of these services and this time" in said


def test_a_time_that_is_none_is_a_usage_error(
    history: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(history, tmp_path / "out", ["--since", "yesterday-ish"]) == 2
    assert "write 8w, 30d, 12h or 2026-01-31" in capsys.readouterr().err


def test_an_unknown_format_names_those_there_are(
    history: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(history, tmp_path / "out", ["--format", "pdf"]) == 2
    assert "openmetrics" in capsys.readouterr().err


def test_commits_that_touch_no_file_of_a_service_are_no_candidates(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = Repository(tmp_path / "repository")
    made.commit("First", {"api/Dockerfile": "FROM a\n", "imgopt.toml": "[services.api]\n"
                          'context = "api"\n'})  # fmt: skip
    for number in range(5):
        made.commit(f"Before {number}", {"api/a": f"{number}\n"})
    docs = made.commit("Docs", {"docs/a.md": "a\n"})
    unbuilt = made.commit("Not built", {"api/a": "not built\n"})
    after = [made.commit(f"After {number}", {"api/a": f"after {number}\n"}) for number in range(6)]
    start = datetime(2026, 1, 1, 12, tzinfo=UTC)
    store = History(f"sqlite:///{tmp_path / 'history.db'}")
    store.add([
        record(commit=commit, committed_at=start + timedelta(days=day), sample=sample,
               duration_s=(9.0 if commit in after else 4.0) + sample / 50)
        for day, commit in enumerate(made.commits) if commit not in (docs, unbuilt)
        for sample in range(3)
    ])  # fmt: skip
    store.close()
    monkeypatch.chdir(made.root)
    document = data(f"sqlite:///{tmp_path / 'history.db'}", tmp_path / "out")
    (change,) = document["change_points"]
    assert (change["commit"], change["candidates"]) == (after[0], [unbuilt, after[0]])


@pytest.mark.parametrize(
    ("arguments", "environ", "address"),
    [
        (["--repository", "https://a.example/x.git"], {}, "https://a.example/x/commit/"),
        ([], {"GITHUB_SERVER_URL": "https://b.example", "GITHUB_REPOSITORY": "o/r"},
         "https://b.example/o/r/commit/"),
        ([], {"CI_PROJECT_URL": "https://c.example/o/r"}, "https://c.example/o/r/commit/"),
        ([], {"CI_PROJECT_URL": "javascript:alert(1)"}, ""),
    ],
)  # fmt: skip
def test_commits_link_to_the_forge_that_is_named_or_that_ci_has(
    history: str,
    tmp_path: Path,
    arguments: list[str],
    environ: dict[str, str],
    address: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "CI_PROJECT_URL"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    assert run(history, tmp_path / "out", ["--format", "html", *arguments]) == 0
    page = (tmp_path / "out" / "report.html").read_text()
    assert (f'href="{address}{80:x}'.ljust(40, "0") in page) is bool(address)
    assert "javascript:" not in page


def test_what_is_no_address_of_a_repository_is_told(
    history: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(history, tmp_path / "out", ["--repository", "javascript:alert(1)"]) == 2
    assert "is no address of a repository; write it as https://" in capsys.readouterr().err


def test_the_bands_of_an_image_are_named_by_their_instructions(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'history.db'}"
    store = History(url)
    layers = (Layer("sha256:a", 9_000_000, 0, ""), Layer("sha256:b", 5_000_000, 7, "RUN"))
    image = BuiltImage("sha256:i", 14_000_000, layers)
    store.add([build(day, 0, image=image) for day in (4, 3, 2)])
    store.close()
    assert run(url, tmp_path / "out", ["--format", "svg"]) == 0
    drawn = (tmp_path / "out" / "image-size-api.svg").read_text()
    assert ">7 RUN npm ci<" in drawn
    assert ">base image<" in drawn

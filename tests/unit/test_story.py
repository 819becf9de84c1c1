"""The story of `make report`: its commits, and that its report finds the changes that it makes."""

from __future__ import annotations

import json
import lzma
import subprocess
from pathlib import Path

import pytest
from places import ROOT

from imgopt.cli.main import main

RECORDS = ROOT / "reports" / "records.jsonl.xz"
CHANGES = ROOT / "reports" / "changes.json"


@pytest.fixture(autouse=True)
def benchmarks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(ROOT / "benchmarks")


def git(repository: Path, *argv: str) -> list[str]:
    done = subprocess.run(
        ["git", "-C", str(repository), *argv], capture_output=True, text=True, check=True
    )
    return done.stdout.splitlines()


def test_the_commits_are_the_same_every_time_and_of_eight_weeks(tmp_path: Path) -> None:
    from story.plot import COMMITS
    from story.repository import make

    commits = make(tmp_path / "one")
    assert commits == make(tmp_path / "two")
    assert len(commits) == len(COMMITS) >= 30
    days = git(tmp_path / "one", "log", "--reverse", "--format=%cs")
    assert (days[0], days[-1]) >= ("2026-01-05", "2026-02-23")
    assert days == sorted(days)
    assert len(set(git(tmp_path / "one", "log", "--format=%an"))) >= 4
    assert git(tmp_path / "one", "log", "--format=%s", "--reverse") == [c.subject for c in COMMITS]


def test_what_is_said_to_change_a_service_touches_it() -> None:
    from story.plot import COMMITS

    for commit in COMMITS:
        touched = {name.split("/")[0] for part in (commit.write, commit.append, commit.replace)
                   for name in part}  # fmt: skip
        assert {change.service for change in commit.changes} <= touched
        assert not commit.breaks or commit.breaks in touched
    subjects = [commit.subject for commit in COMMITS]
    assert len(set(subjects)) == len(subjects)


@pytest.mark.skipif(not RECORDS.exists(), reason="make report has not been run")
def test_the_report_finds_the_changes_of_the_story_and_no_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On the records of the last `make report`."""
    from story.check import differences, expected, found

    wanted = json.loads(CHANGES.read_text())
    assert wanted == expected()
    (tmp_path / "records.jsonl").write_bytes(lzma.decompress(RECORDS.read_bytes()))
    monkeypatch.chdir(tmp_path)
    assert main(["record", "import", "records.jsonl", "--quiet"]) == 0
    assert main(["report", "--format", "json", "--output", "out", "--quiet"]) == 0
    told = json.loads((tmp_path / "out" / "report.json").read_text())
    assert differences(wanted, found(told)) == []


def test_what_is_missing_and_what_is_too_much_is_named() -> None:
    from story.check import differences

    one = {"service": "backend", "series": "size", "direction": "up", "subject": "Add it"}
    other = {**one, "series": "cold"}
    assert differences([one], [one]) == []
    assert differences([one], [other]) == [
        "missing: backend size up: Add it", "too many: backend cold up: Add it",
    ]  # fmt: skip
    assert differences([one], [one, one]) == ["too many: backend size up: Add it"]

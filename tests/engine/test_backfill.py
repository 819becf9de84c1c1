"""`imgopt backfill` on a real BuildKit: one small repository, built once and looked at often."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from engine_fixtures import Engine
from repositories import Repository

pytestmark = pytest.mark.engine

DOCKERFILE = """\
FROM busybox:1.37
WORKDIR /srv
COPY pins.txt ./
RUN head -c 100000 /dev/urandom > packages
COPY app/ app/
"""
PLAN = ("--scenario", "cold=1", "--scenario", "code-change=2")


class Filled(NamedTuple):
    """A repository that was backfilled, what the command printed, and its records by subject."""

    repository: Repository
    history: str
    rows: dict[str, dict[str, Any]]
    records: dict[str, list[dict[str, Any]]]


def backfill(
    engine: Engine, repository: Repository, history: str, *argv: str
) -> tuple[dict[str, dict[str, Any]], str]:
    """Subject → row, and what went to stderr."""
    done = engine.imgopt(
        "backfill", *argv, "--history", history, "--format", "json", cwd=repository.root
    )
    assert done.returncode == 0, done.stderr
    return {row["subject"]: row for row in json.loads(done.stdout)["commits"]}, done.stderr


def exported(engine: Engine, repository: Repository, history: str) -> list[dict[str, Any]]:
    done = engine.imgopt("record", "export", "--history", history, cwd=repository.root)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def make(root: Path) -> Repository:
    made = Repository(root)
    made.commit("First", {
        "Dockerfile": DOCKERFILE,
        "pins.txt": "one==1\n",
        "app/main.py": "print(1)\n",
        "imgopt.toml": '[services.web]\ncontext = "."\nnetwork = "none"\n',
        ".gitignore": ".imgopt/\n",
    })  # fmt: skip
    made.commit("Docs", {"docs/a.md": "a\n"})
    made.commit("Code", {"app/main.py": "print(2)\n"})
    made.commit("Thirty times", {"Dockerfile": DOCKERFILE.replace("100000", "3000000")})
    made.commit("Broken", {"Dockerfile": DOCKERFILE.replace("head -c", "haed -c")})
    made.commit("Unreadable", {"Dockerfile": "FROM busybox:1.37\nBOGUS\n"})
    made.commit("Gone", {"Dockerfile": None})
    made.commit("Back", {"Dockerfile": DOCKERFILE})
    return made


@pytest.fixture(scope="module")
def filled(default_engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Filled:
    folder = tmp_path_factory.mktemp("backfill")
    repository = make(folder / "repository")
    history = f"sqlite:///{folder / 'history.db'}"
    held = default_engine.state()
    rows, _ = backfill(default_engine, repository, history, "HEAD", *PLAN)
    left = default_engine.state()
    assert set(left[0]) <= set(held[0])  # the cache
    assert left[1:] == held[1:]
    records: dict[str, list[dict[str, Any]]] = {}
    for one in exported(default_engine, repository, history):
        records.setdefault(one["subject"], []).append(one)
    return Filled(repository, history, rows, records)


def test_each_commit_is_built_but_those_that_change_nothing(filled: Filled) -> None:
    assert {subject: row["status"] for subject, row in filled.rows.items()} == {
        "First": "built",
        "Docs": "unchanged",
        "Code": "built",
        "Thirty times": "built",
        "Broken": "failed",
        "Unreadable": "failed",
        "Gone": "absent",
        "Back": "built",
    }
    assert set(filled.records) == {
        "First", "Code", "Thirty times", "Broken", "Unreadable", "Back",
    }  # fmt: skip
    git = filled.repository.git
    assert git("status", "--porcelain") == ""
    assert git("worktree", "list").count("\n") == 1


def test_records_are_of_their_commit(filled: Filled) -> None:
    for subject in ("First", "Code", "Thirty times", "Back"):
        found = filled.records[subject]
        assert sorted(r["scenario"] for r in found) == ["code-change", "code-change", "cold"]
        for record in found:
            assert record["commit"] == filled.rows[subject]["commit"]
            assert (record["author"], record["dirty"]) == ("Ann", False)
            assert record["dockerfile"] == "Dockerfile"
            assert record["findings"] == 0
            assert record["bases"][0]["name"] == "busybox:1.37"
            assert record["bases"][0]["digest"]
    sizes = {
        subject: {r["image"]["size_bytes"] for r in found}
        for subject, found in filled.records.items()
    }
    assert sizes["First"] == sizes["Back"]
    assert min(sizes["Thirty times"]) - min(sizes["First"]) == 2_900_000


def test_no_sample_finds_what_that_of_another_commit_has_made(filled: Filled) -> None:
    """All commits share a builder; a step that a scenario makes run must run in each of them."""
    for found in filled.records.values():
        for record in found:
            if record.get("failure"):
                continue
            ran = {s["line"] for s in record["steps"] if s["line"] and not s["cached"]}
            assert 5 in ran, record["scenario"]
            assert (4 in ran) is (record["scenario"] == "cold")


def test_a_commit_that_does_not_build_says_why(filled: Filled) -> None:
    (broken,), (unreadable,) = filled.records["Broken"], filled.records["Unreadable"]
    assert broken["failure"]["line"] == 4
    assert broken["failure"]["step"].endswith("RUN haed -c 100000 /dev/urandom > packages")
    assert "haed" in broken["failure"]["log"]
    assert broken["image"] == {"id": "", "size_bytes": 0, "layers": []}
    assert [s["line"] for s in broken["steps"] if s["instruction"] == "WORKDIR"] == [2]
    assert (unreadable["failure"]["line"], unreadable["steps"]) == (2, [])
    assert unreadable["findings"] == 1
    assert "haed" in filled.rows["Broken"]["note"]


def test_a_second_run_builds_nothing_and_more_samples_only_what_is_missing(
    default_engine: Engine, filled: Filled
) -> None:
    rows, _ = backfill(default_engine, filled.repository, filled.history, "HEAD", *PLAN)
    assert {row["status"] for row in rows.values()} == {"recorded", "unchanged", "absent"}
    rows, said = backfill(
        default_engine, filled.repository, filled.history,
        "HEAD~6..HEAD~4", "--scenario", "cold=2", "--scenario", "code-change=2",
    )  # fmt: skip
    assert [(s, r["status"], r["samples"]) for s, r in rows.items()] == [
        ("Code", "built", 1),
        ("Thirty times", "built", 1),
    ]
    assert "Thirty times: web: cold " in said


def test_a_dry_run_builds_nothing(default_engine: Engine, filled: Filled) -> None:
    rows, _ = backfill(
        default_engine, filled.repository, filled.history, "HEAD~2..", "--dry-run",
        "--scenario", "warm=1",
    )  # fmt: skip
    assert {s: r["status"] for s, r in rows.items()} == {"Gone": "absent", "Back": "to build"}


def test_halves_locate_the_step(default_engine: Engine, tmp_path: Path) -> None:
    made = Repository(tmp_path / "repository")
    made.commit("First", {
        "Dockerfile": "FROM busybox:1.37\nRUN head -c 100000 /dev/urandom > a\nCOPY n /n\n",
        "n": "0",
        "imgopt.toml": '[services.web]\nnetwork = "none"\n',
    })  # fmt: skip
    for number in range(1, 8):
        if number == 3:
            text = (made.root / "Dockerfile").read_text().replace("100000", "9000000")
            made.commit("Larger", {"Dockerfile": text})
        made.commit(f"Code {number}", {"n": f"{number}"})
    history = f"sqlite:///{tmp_path / 'history.db'}"
    argv = ("HEAD", "--bisect", "--scenario", "cold=1")
    rows, _ = backfill(default_engine, made, history, *argv)
    status = {subject: row["status"] for subject, row in rows.items()}
    assert status["Larger"] == status["Code 2"] == "built"
    assert list(status.values()).count("between") >= 3


def test_what_is_recorded_stays_when_it_is_interrupted(
    default_engine: Engine, tmp_path: Path
) -> None:
    repository = make(tmp_path / "repository")
    history = f"sqlite:///{tmp_path / 'history.db'}"
    argv = ["backfill", "HEAD", "--scenario", "cold=3", "--history", history]
    process = subprocess.Popen(
        [sys.executable, "-m", "imgopt", *argv],
        cwd=repository.root, env=default_engine.env, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert process.stderr is not None
    for line in process.stderr:
        if "First: web: cold" in line:
            process.send_signal(signal.SIGINT)
            break
    out, said = process.communicate(timeout=300)
    assert process.returncode == 130
    assert "interrupted" in said
    assert "left for the next run" in out
    found = [r for r in exported(default_engine, repository, history) if r["subject"] == "First"]
    assert len(found) == 3
    assert repository.git("worktree", "list").count("\n") == 1
    rows, _ = backfill(default_engine, repository, history, "HEAD~6", "--scenario", "cold=3")
    assert rows["First"]["status"] == "recorded"

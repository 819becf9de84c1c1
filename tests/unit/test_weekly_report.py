"""The ready jobs of docs/weekly-report.md: what they say, and what of them needs no engine, run."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click
import pytest
import yaml
from engine_fixtures import git, write
from places import ROOT
from records import record

from imgopt.cli.main import cli
from imgopt.records.build import encode

GITHUB = yaml.safe_load((ROOT / "ci" / "weekly-report.github.yml").read_text())
GITLAB = yaml.safe_load((ROOT / "ci" / "gitlab.yml").read_text())
PAGE = (ROOT / "docs" / "weekly-report.md").read_text()
# In place of the builds, which need an engine: their records.
BUILT = 'imgopt record import "$RECORDS" --history '


def scripts(name: str) -> list[str]:
    """The shell lines of a job, without the installing."""
    if name == "github":
        (job,) = GITHUB["jobs"].values()
        lines = [step["run"] for step in job["steps"] if "run" in step]
    else:
        lines = GITLAB[".imgopt-weekly-report"]["script"]
    return [line for line in lines if "pip install" not in line]


def variables(name: str) -> dict[str, str]:
    (job,) = GITHUB["jobs"].values()
    found = job["env"] if name == "github" else GITLAB[".imgopt-weekly-report"]["variables"]
    return {key: str(value) for key, value in found.items()}


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A clone of a repository, and beside it the records of a month's builds."""
    work = tmp_path / "work"
    write(work, {"Dockerfile": "FROM scratch\n", "imgopt.toml": "[services.api]\n"})
    git(tmp_path, "init", "-q", "--bare", "remote")
    git(work, "init", "-q", "-b", "main")
    git(work, "remote", "add", "origin", str(tmp_path / "remote"))
    git(work, "add", "-A")
    who = ("-c", "user.name=t", "-c", "user.email=t@example.invalid")
    git(work, *who, "commit", "-qm", "First")
    git(work, "push", "-q", "origin", "main")
    now = datetime.now(UTC)
    lines = []
    for day in range(30, 0, -1):
        at = now - timedelta(days=day)
        for sample in range(3):
            took = (20.0 if day <= 6 else 10.0) + sample / 10
            made = record(day, committed_at=at, started_at=at, duration_s=took, sample=sample)
            lines.append(encode(made).decode())
    (tmp_path / "records.jsonl").write_text("\n".join(lines) + "\n")
    return work


def run(work: Path, name: str, script: str) -> subprocess.CompletedProcess[str]:
    around = {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT / "src"), "HOME": str(work.parent),
        "RECORDS": str(work.parent / "records.jsonl"), "CI_SERVER_HOST": "git.example",
        "GITHUB_STEP_SUMMARY": str(work.parent / "summary"), "ALERT_URL": "",
    }  # fmt: skip
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script], cwd=work,
        env={**around, **variables(name)}, capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("name", ["github", "gitlab"])
def test_a_week_is_built_shared_and_reported(clone: Path, name: str) -> None:
    job = "\n".join(scripts(name))
    with_records = re.sub(r"imgopt backfill .*? --history ", BUILT, job)
    assert with_records != job
    if name == "github":  # each step is a process of its own
        done = [run(clone, name, re.sub(r"imgopt backfill .*? --history ", BUILT, script))
                for script in scripts(name)]  # fmt: skip
    else:
        done = [run(clone, name, with_records)]
    assert [one.returncode for one in done] == [0] * len(done), done[-1].stderr
    report = clone / "imgopt-report"
    assert {"report.html", "report.md", "report.json"} <= {path.name for path in report.iterdir()}
    (change,) = json.loads((report / "report.json").read_text())["change_points"]
    assert (change["service"], change["scenario"]) == ("api", "cold")
    assert "imgopt-history" in git(clone.parent / "remote", "branch", "--list")
    if name == "github":
        assert "api" in (clone.parent / "summary").read_text()
    again = run(clone, name, with_records if name == "gitlab" else "\n".join(scripts(name)[1:]))
    assert again.returncode == 0, again.stderr


@pytest.mark.parametrize("name", ["github", "gitlab"])
def test_the_options_of_the_builds_are_there(clone: Path, name: str) -> None:
    """They are taken, and then it is the engine that is missed."""
    (line,) = re.findall(r"imgopt backfill .*", "\n".join(scripts(name)))
    command = line.partition(" || ")[0].replace("--since", "--dry-run --since")
    seed = 'imgopt record import "$RECORDS" --history git:imgopt-history'
    done = run(clone, name, f"{seed}\n{command}")
    assert "No such option" not in done.stderr
    assert "is not" not in done.stderr
    assert done.returncode in (0, 3), done.stderr


def test_the_commands_are_there() -> None:
    for name in ("github", "gitlab"):
        commands = re.findall(r"imgopt (history \w+|\w+)", "\n".join(scripts(name)))
        assert commands[-4:] == ["history pull", "backfill", "history push", "report"]
    known = cli.list_commands(click.Context(cli))
    assert {"history", "backfill", "report", "check"} <= set(known)


def test_the_workflow_of_github_keeps_its_page_whatever_happens() -> None:
    triggers: dict[str, Any] = GITHUB[True]  # YAML's `on`
    assert re.fullmatch(r"\d+ \d+ \* \* [0-6]", triggers["schedule"][0]["cron"])
    assert GITHUB["permissions"] == {"contents": "write"}
    (job,) = GITHUB["jobs"].values()
    checkout, *_, report, upload = job["steps"]
    assert checkout["with"]["fetch-depth"] == 0
    assert report["if"] == upload["if"] == "${{ !cancelled() }}"
    assert upload["with"]["path"] == "imgopt-report"


def test_no_secret_is_part_of_a_script() -> None:
    for script in scripts("github"):
        assert "${{" not in script


def test_the_job_of_gitlab_runs_by_schedule_alone() -> None:
    job = GITLAB[".imgopt-weekly-report"]
    (rule,) = job["rules"]
    assert rule["if"] == '$CI_PIPELINE_SOURCE == "schedule" && $IMGOPT_WEEKLY'
    assert job["artifacts"]["paths"] == ["imgopt-report/"]
    assert "IMGOPT_WEEKLY set to 1" in PAGE


def test_the_page_names_what_there_is() -> None:
    for link in re.findall(r"\]\(([^)#]+)\)", PAGE):
        assert (ROOT / "docs" / link).is_file(), link

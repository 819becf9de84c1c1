"""The ready jobs of docs/weekly-report.md."""

from __future__ import annotations

import re
from typing import Any

import click
import pytest
import yaml
from places import ROOT

from imgopt.cli.main import cli

GITHUB = yaml.safe_load((ROOT / "ci" / "weekly-report.github.yml").read_text())
GITLAB = yaml.safe_load((ROOT / "ci" / "gitlab.yml").read_text())
PAGE = (ROOT / "docs" / "weekly-report.md").read_text()


def scripts(name: str) -> list[str]:
    """The shell lines of a job."""
    if name == "github":
        (job,) = GITHUB["jobs"].values()
        return [step["run"] for step in job["steps"] if "run" in step]
    job = GITLAB[".imgopt-weekly-report"]
    return [*job["before_script"], *job["script"]]


@pytest.mark.parametrize("name", ["github", "gitlab"])
def test_the_jobs_build_report_and_keep_the_page(name: str) -> None:
    text = "\n".join(scripts(name))
    commands = re.findall(r"imgopt (\w+)", text)
    assert commands == ["backfill", "report"]
    assert set(commands) <= set(cli.list_commands(click.Context(cli)))
    assert text.count("--history") == 2
    assert 'ALERT_URL:+--alert "$' in text


def test_the_workflow_of_github_keeps_its_page_whatever_happens() -> None:
    triggers: dict[str, Any] = GITHUB[True]  # YAML's `on`
    assert re.fullmatch(r"\d+ \d+ \* \* [0-6]", triggers["schedule"][0]["cron"])
    assert GITHUB["permissions"] == {"contents": "write"}
    (job,) = GITHUB["jobs"].values()
    checkout, *_, report, upload = job["steps"]
    assert checkout["with"]["fetch-depth"] == 0
    assert report["if"] == upload["if"] == "${{ !cancelled() }}"
    assert upload["with"]["path"] == "imgopt-report"
    assert '>> "$GITHUB_STEP_SUMMARY"' in report["run"]


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

"""Docker 26 with buildx 0.13: indented events, no provenance in the metadata, `du` without JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from engine_fixtures import DOCKERFILE, Engine, git, lines_that_ran

pytestmark = pytest.mark.engine
ALL_LINES = {2, 3, 4, 5, 7, 8, 11, 12}


def test_all_scenarios_are_measured_and_nothing_is_left(old_engine: Engine, project: Path) -> None:
    assert old_engine.docker("version", "--format", "{{.Server.Version}}").startswith("26.")
    assert "0.13" in old_engine.docker("buildx", "version")
    held = old_engine.state()
    names = "cold,warm,code-change,deps-change,base-change"
    argv = ("--scenario", names, "--runs", "1", "--format", "json", "-q")
    done = old_engine.imgopt("bench", *argv, cwd=project)
    assert done.returncode == 0, done.stderr
    ran = {r["scenario"]: lines_that_ran(r) for r in json.loads(done.stdout)["runs"]}
    assert ran.pop("cold") | {11} == ALL_LINES
    assert ran == {
        "warm": set(),
        "code-change": {7, 8, 12},
        "deps-change": {4, 5, 7, 8, 12},
        "base-change": ALL_LINES,
    }
    assert old_engine.state() == held
    assert git(project, "status", "--porcelain") == ""


def test_a_failing_build_names_step_line_and_log(old_engine: Engine, project: Path) -> None:
    held = old_engine.state()
    broken = DOCKERFILE.replace("cat app/*.py > program", "echo the reason && exit 7")
    (project / "Dockerfile").write_text(broken)
    done = old_engine.imgopt("bench", "--runs", "1", cwd=project)
    assert done.returncode == 3
    assert "Dockerfile:8: [build 7/7] RUN echo the reason" in done.stderr
    assert "    the reason" in done.stderr
    assert "Traceback" not in done.stderr
    assert old_engine.state() == held


def test_its_builds_cannot_be_recorded_and_it_says_so(old_engine: Engine, project: Path) -> None:
    done = old_engine.imgopt("record", "builds", "--from-history", cwd=project)
    assert done.returncode == 3
    assert "buildx 0.23 or newer" in done.stderr
    assert len(done.stderr.splitlines()) == 1

"""What all tests share: where things are, every Dockerfile of the tests, and the engine."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def engine_problem() -> str:
    """Why there is no engine to test with; empty when there is one."""
    if os.environ.get("IMGOPT_NO_ENGINE"):
        return os.environ["IMGOPT_NO_ENGINE"].splitlines()[0]
    if not shutil.which("docker"):
        return "docker is not installed"
    done = subprocess.run(
        ["docker", "info", "--format", "{{.ServerVersion}}"],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode or not done.stdout.strip():
        return "no Docker engine answers; run `make test`, or `python3 tools/engine run -- pytest`"
    return ""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    wanted = [item for item in items if item.get_closest_marker("engine")]
    if not wanted:
        return
    problem = engine_problem()
    if problem and os.environ.get("IMGOPT_REQUIRE_ENGINE"):
        raise pytest.UsageError(f"engine tests must run here, but: {problem}")
    for item in wanted:
        if not item.get_closest_marker("xdist_group"):
            item.add_marker(pytest.mark.xdist_group("engine"))  # they count what an engine holds
        if problem:
            item.add_marker(pytest.mark.skip(reason=f"no engine: {problem}"))

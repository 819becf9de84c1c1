"""Builds that a real engine remembers: what is recorded of them, and the same from a file."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from engine_fixtures import Engine

pytestmark = pytest.mark.engine


def build(engine: Engine, project: Path, *argv: str) -> str:
    """Build, and return BuildKit's name of the build; it may fail."""
    before = remembered(engine)
    subprocess.run(
        ["docker", "buildx", "build", "--network=none", *argv, "."],
        cwd=project, env={**engine.env, "BUILDX_GIT_CHECK_DIRTY": "1"}, capture_output=True,
        check=False,
    )  # fmt: skip
    (ref,) = remembered(engine) - before
    return ref


def remembered(engine: Engine) -> set[str]:
    text = engine.docker("buildx", "history", "ls", "--format=json")
    return {json.loads(line)["ref"].rpartition("/")[2] for line in text.splitlines()}


def recorded(engine: Engine, project: Path, name: str, *argv: str) -> list[dict[str, Any]]:
    """What `record builds` stores in an empty history."""
    url = f"sqlite:///{project / name}.db"
    done = engine.imgopt("record", "builds", *argv, "-q", "--history", url, cwd=project)
    assert (done.returncode, done.stderr) == (0, "")
    text = engine.imgopt("record", "export", "--history", url, cwd=project).stdout
    return [json.loads(line) for line in text.splitlines()]


@pytest.fixture
def refs(spare_engine: Engine, project: Path) -> tuple[str, str]:
    """A build that succeeded, and one that failed."""
    good = build(spare_engine, project, "--no-cache", "--build-arg", "DB_PASSWORD=hunter2222")
    file = project / "Dockerfile"
    file.write_text(file.read_text().replace("cat app/*.py > program", "echo why && exit 7"))
    return good, build(spare_engine, project)


def test_the_builders_history_is_recorded(
    spare_engine: Engine, project: Path, refs: tuple[str, str]
) -> None:
    rows = recorded(spare_engine, project, "h", "--from-history", *refs)
    good, failed = sorted(rows, key=lambda row: row["failure"] is not None)
    assert [r["ref"] for r in (good, failed)] == list(refs)
    for row in rows:
        assert (row["service"], row["scenario"], row["dockerfile"]) == (
            "web",
            "local",
            "Dockerfile",
        )
        assert len(row["commit"]) == 40
        assert row["subject"]
        assert row["engine"]["machine"]
        assert row["engine"]["driver"] == "docker"
    assert not good["dirty"]
    assert failed["dirty"]
    assert {s["line"] for s in good["steps"]} - {0, 1, 10} == {2, 3, 4, 5, 7, 8, 11, 12}
    assert good["build_args"] == {"DB_PASSWORD": "***"}
    assert (failed["failure"]["line"], failed["failure"]["log"]) == (8, "why\n")


def test_a_file_tells_the_same(spare_engine: Engine, project: Path, refs: tuple[str, str]) -> None:
    file = project / "builds.dockerbuild"
    spare_engine.docker("buildx", "history", "export", "-o", str(file), *refs)
    one = recorded(spare_engine, project, "a", "--from-history", *refs)
    two = recorded(spare_engine, project, "b", str(file), "--scenario", "local")
    for row in (*one, *two):
        del row["engine"]
    assert one == two


def test_all_of_a_time_but_imgopts_own(
    spare_engine: Engine, project: Path, refs: tuple[str, str]
) -> None:
    argv = ("bench", "--scenario", "warm", "--runs", "1", "-q")
    (project / "Dockerfile").write_text("FROM busybox:1.37\nCOPY pip /\n")
    assert spare_engine.imgopt(*argv, cwd=project).returncode == 0
    rows = recorded(spare_engine, project, "h", "--from-history", "--since", "1h")
    assert set(refs) <= {row["ref"] for row in rows}
    assert all(row["inputs"] == [] for row in rows)
    contexts = spare_engine.docker("buildx", "history", "ls")
    assert "imgopt-context-" in contexts
    assert recorded(spare_engine, project, "none", "--from-history", "--since", "2100-01-01") == []


def test_a_build_that_nobody_knows(spare_engine: Engine, project: Path) -> None:
    done = spare_engine.imgopt("record", "builds", "--from-history", "nonesuch", cwd=project)
    assert done.returncode == 3
    assert "nonesuch" in done.stderr
    assert "Traceback" not in done.stderr

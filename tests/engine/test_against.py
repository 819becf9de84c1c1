"""A against B on a real BuildKit."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from engine_fixtures import DOCKERFILE, Engine, git

from imgopt.bench.against import MAX_PAIRS

pytestmark = pytest.mark.engine
SLOW = DOCKERFILE.replace("RUN cat app", "RUN sleep 0.7\nRUN cat app")


@pytest.fixture
def slower(project: Path) -> Path:
    """A project whose last commit is slower at every code change than what is there now."""
    (project / "Dockerfile").write_text(SLOW)
    (project / "Dockerfile.slow").write_text(SLOW)
    git(project, "add", "-A")
    git(project, "-c", "user.name=t", "-c", "user.email=t@example.invalid", "commit", "-qm", "Slow")
    (project / "Dockerfile").write_text(DOCKERFILE)
    return project


def test_a_reference_is_compared_in_pairs(spare_engine: Engine, slower: Path) -> None:
    engine = spare_engine
    held = engine.state()
    before = (git(slower, "status", "--porcelain"), git(slower, "worktree", "list"))
    # With a budget, pairs are added until the verdict is settled: on a quiet machine at the third.
    argv = (
        "bench",
        "--against",
        "HEAD",
        "--scenario",
        "code-change",
        "--time-budget",
        "60s",
        "--format",
        "json",
        "--fail-on-regression",
        "10%",
        "--export",
        "markdown:out.md",
    )
    done = engine.imgopt(*argv, cwd=slower)
    assert done.returncode == 0, done.stderr
    data = json.loads(done.stdout)
    variants = [(r["variant"], r["sample"]) for r in data["runs"]]
    pairs = [("A HEAD", 1), ("B", 1), ("B", 2), ("A HEAD", 2), ("A HEAD", 3), ("B", 3)]
    assert variants[:6] == pairs
    assert len(variants) < 2 * MAX_PAIRS
    assert {r["edited"] for r in data["runs"]} == {"app/main.py"}
    (found,) = data["comparisons"]
    assert found["duration"]["verdict"] == "faster"
    only = [line for line in found["lines"] if line["only"] == "A"]
    assert [line["text"] for line in only] == ["RUN sleep 0.7"]
    assert (
        (slower / "out.md").read_text().startswith("### imgopt bench\n\n- **`web` code-change: fa")
    )
    (slower / "out.md").unlink()
    after = (git(slower, "status", "--porcelain"), git(slower, "worktree", "list"))
    assert after == before
    assert engine.state() == held
    stored = engine.imgopt("report", "--output", "out", cwd=slower)
    assert stored.returncode == 0, stored.stderr


def test_a_regression_that_the_interval_shows_fails(spare_engine: Engine, slower: Path) -> None:
    (slower / "Dockerfile").write_text(SLOW)
    (slower / "Dockerfile.fast").write_text(DOCKERFILE)
    # On a busy machine three pairs may not be enough: with a budget there are more then.
    argv = ["bench", "--against-file", "Dockerfile.fast", "--scenario", "code-change",
            "--time-budget", "120s", "--fail-on-regression", "10%", "-q"]  # fmt: skip
    done = spare_engine.imgopt(*argv, cwd=slower)
    assert done.returncode == 1, done.stderr
    assert "web code-change is slower by more than 10%" in done.stderr


def test_what_cannot_be_compared_is_one_message(spare_engine: Engine, slower: Path) -> None:
    for argv, words in (
        (("--against", "no-such-ref"), "git knows no commit 'no-such-ref'"),
        (("--against", "--help"), "git knows no commit '--help'"),
        (("--against", "HEAD", "--against-builder", "x"), "one at a time"),
        (("--time-budget", "1m"), "need a comparison: add --against"),
        (("--against", "HEAD", "--fail-on-regression", "much"), "is not a percentage"),
        (("--export", "pdf:x"), "'pdf' is not one of text, csv, json, markdown"),
        (("--export", "csv"), "--export: write FORMAT:FILE"),
        (("--keep-images", "BAD NAME"), "'BAD NAME/web' is not a valid image name"),
        (("--keep-images", "x", "--against", "HEAD"), "--keep-images cannot be used"),
        (("--export", "csv:nowhere/x.csv"), "there is no folder"),
        (("--cache-to", "type=local,dest=x"), "add --scenario ci or ci-code-change"),
        (("--cache-to", "x", "--scenario", "ci"), "cache-to without cache-from"),
        (("--driver-opt", "network=host"), "--driver-opt is for a temporary builder"),
    ):
        done = spare_engine.imgopt("bench", *argv, cwd=slower)
        assert done.returncode == 2, done.stderr
        assert words in done.stderr
        assert "Traceback" not in done.stderr

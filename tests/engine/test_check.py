"""`imgopt check` on a real BuildKit: a pull request, and budgets that are measured."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from engine_fixtures import DOCKERFILE, Engine, git, write

pytestmark = pytest.mark.engine
QUICK = ("--scenario", "warm", "--scenario", "code-change")


def commit(root: Path, subject: str) -> None:
    git(root, "add", "-A")
    git(root, "-c", "user.name=t", "-c", "user.email=t@example.invalid", "commit", "-qm", subject)


@pytest.fixture
def two(project: Path) -> Path:
    """Two services; the commit on top of `main` gives one of them 3 MB that it does not need."""
    write(project, {
        "imgopt.toml": '[services.web]\nnetwork = "none"\n[services.api]\ncontext = "api"\n',
        "api/Dockerfile": "FROM busybox:1.37\nCOPY main.sh /\nUSER 1000\n",
        "api/main.sh": "echo\n",
    })  # fmt: skip
    commit(project, "Two services")
    git(project, "branch", "main-line")
    (project / "app" / "data").write_bytes(bytes(range(256)) * 12_000)
    (project / "Dockerfile").write_text(DOCKERFILE.replace("USER", "COPY app/data /srv/data\nUSER"))
    commit(project, "Bring data along")
    return project


def test_a_bigger_image_fails_and_what_did_not_change_is_not_built(
    spare_engine: Engine, two: Path
) -> None:
    held = spare_engine.state()
    before = (git(two, "status", "--porcelain"), git(two, "worktree", "list"))
    argv = ("check", "--against", "main-line", *QUICK, "--format", "json",
            "--format", "markdown:comment.md")  # fmt: skip
    done = spare_engine.imgopt(*argv, cwd=two)
    assert done.returncode == 1, done.stderr
    assert "web code-change" in done.stderr
    assert "api" not in done.stderr
    found = json.loads(done.stdout)
    states = {s["service"]: s["state"] for s in found["services"]}
    assert states == {"web": "changed", "api": "same"}
    (reason,) = [r for r in found["reasons"] if r["kind"] == "size"]
    line = 1 + DOCKERFILE.splitlines().index("USER 1000")
    assert (reason["service"], reason["line"]) == ("web", line)
    assert reason["line_value"] == 256 * 12_000
    (web,) = [s for s in found["services"] if s["service"] == "web"]
    assert web["size"]["pull_bytes"] < 256 * 12_000 + 10_000
    comment = (two / "comment.md").read_text()
    assert comment.startswith("<!-- imgopt:check -->\n### imgopt check against `main-line`: failed")
    assert "- `api`: not built: its inputs have not changed" in comment
    (two / "comment.md").unlink()
    assert (git(two, "status", "--porcelain"), git(two, "worktree", "list")) == before
    assert spare_engine.state() == held


def test_a_base_that_does_not_build_does_not_stop_its_fix(spare_engine: Engine, two: Path) -> None:
    good = (two / "Dockerfile").read_text()
    (two / "Dockerfile").write_text(good.replace("RUN cat app/*.py > program", "RUN exit 7"))
    commit(two, "Break it")
    git(two, "branch", "broken")
    (two / "Dockerfile").write_text(good)
    argv = ("check", "web", "--against", "broken", "--scenario", "warm=1", "--format", "json")
    done = spare_engine.imgopt(*argv, cwd=two)
    assert done.returncode == 0, done.stderr
    (web,) = json.loads(done.stdout)["services"]
    assert web["notes"] == ["a build of broken failed, so there is less to compare"]
    done = spare_engine.imgopt("check", "web", "--against", "main-line", "--scenario", "warm=1",
                               cwd=broken_again(two))  # fmt: skip
    assert done.returncode == 3, done.stderr
    assert "exit 7" in done.stderr
    assert "no verdict: a build failed" in done.stdout


def broken_again(root: Path) -> Path:
    git(root, "checkout", "-q", "broken", "--", "Dockerfile")
    return root


def test_budgets_are_measured_now(spare_engine: Engine, two: Path) -> None:
    held = spare_engine.state()
    (two / "imgopt.toml").write_text(
        '[services.web]\nnetwork = "none"\n[services.web.budget]\nsize = "1 MB"\nwaste = "1 MB"\n'
    )
    with (two / "Dockerfile").open("a") as file:
        file.write("USER 0\nRUN rm data\n")
    done = spare_engine.imgopt("check", "--measure", "--runs", "1", "--format", "json", cwd=two)
    assert done.returncode == 1, done.stderr
    found = json.loads(done.stdout)
    reasons = {r["name"]: r for r in found["reasons"]}
    assert set(reasons) == {"size", "waste"}
    assert reasons["waste"]["value"] == 256 * 12_000
    assert "COPY app/data" in reasons["waste"]["instruction"]
    assert spare_engine.state() == held
    again = spare_engine.imgopt("check", "--format", "json", cwd=two)  # the record that it left
    assert again.returncode == 1, again.stderr
    assert [r["name"] for r in json.loads(again.stdout)["reasons"]] == ["size"]

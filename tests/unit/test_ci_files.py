"""action.yml, the GitLab include and the pre-commit hooks: what a runner would run, run here."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from engine_fixtures import git, write
from places import ROOT

from imgopt.history.store import History

ACTION = yaml.safe_load((ROOT / "action.yml").read_text())
GITLAB = yaml.safe_load((ROOT / "ci" / "gitlab.yml").read_text())
WORKFLOW = yaml.safe_load((ROOT / "ci" / "record-builds.yml").read_text())
HOOKS = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
PATH = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
HERE = {
    "PATH": PATH,
    "PYTHONPATH": str(ROOT / "src"),
}  # these sources, wherever others are installed


@pytest.fixture
def project(tmp_path: Path) -> Path:
    write(tmp_path, {"work/Dockerfile": "FROM python\nUSER a\n", "work/b/Dockerfile": "FROM x:1\n"})
    return tmp_path


def run_action(
    root: Path, around: dict[str, str] | None = None, **inputs: str
) -> subprocess.CompletedProcess[str]:
    """The action's first step as a runner runs it; `around` is what else is in its environment."""
    step = ACTION["runs"]["steps"][0]
    values = {name: spec["default"] for name, spec in ACTION["inputs"].items()}
    values |= {name.replace("_", "-"): value for name, value in inputs.items()}
    env = {
        key: re.sub(r"\$\{\{ inputs\.([\w-]+) \}\}", lambda m: values[m[1]], text)
        for key, text in step["env"].items()
    }
    env |= around or {}
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
        env={
            **HERE, "HOME": str(root), "GITHUB_ACTION_PATH": str(ROOT),
            "GITHUB_WORKSPACE": str(root / "work"), "RUNNER_TEMP": str(root),
            "GITHUB_OUTPUT": str(root / "output"), "GITHUB_STEP_SUMMARY": str(root / "summary"),
            **env,
        },
        cwd=root, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_the_action_annotates_and_writes_its_reports(project: Path) -> None:
    done = run_action(project)
    assert done.returncode == 1, done.stderr
    assert done.stdout.startswith("::warning file=Dockerfile,line=1,")
    log = json.loads((project / "work" / "imgopt.sarif").read_text())
    count = len(log["runs"][0]["results"])
    assert count >= 1
    output = dict(line.split("=") for line in (project / "output").read_text().splitlines())
    assert output == {"sarif-file": "imgopt.sarif", "findings": str(count)}
    assert (project / "summary").read_text().startswith("**imgopt**: 2 files, ")


def test_the_actions_inputs_reach_the_linter(project: Path) -> None:
    done = run_action(project, fail_on="error", select="IMG501", sarif_file="x.sarif")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("::warning") == 1
    done = run_action(project, paths="b $(touch pwned)", select='"; touch pwned; "')
    assert done.returncode == 2
    assert not list(project.rglob("pwned"))
    assert "findings" in ACTION["outputs"]


def test_the_gitlab_job_writes_the_reports_that_it_names(project: Path) -> None:
    job: dict[str, Any] = GITLAB[".imgopt-lint"]
    lint = next(line for line in job["script"] if line.startswith("imgopt lint"))
    done = subprocess.run(
        ["bash", "-c", lint], cwd=project / "work", capture_output=True, text=True, check=False,
        env={**HERE, **{k: str(v) for k, v in job["variables"].items()}},
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    for name in job["artifacts"]["reports"].values():
        assert (project / "work" / name).stat().st_size > 0


GH = """\
#!/bin/sh
# gh as far as the workflow uses it: a list of artifacts, and the files themselves.
case "$*" in
  *artifacts?per_page*) jq -r "$5" < "$ARTIFACTS" ;;
  *artifacts/*/zip) cat "$BUILDS/api.dockerbuild" ;;
  *) exit 1 ;;
esac
"""


def artifact(number: int, name: str, **changes: object) -> dict[str, object]:
    run = {"repository_id": 1, "head_repository_id": changes.pop("fork", 1)}
    made = {"id": number, "name": name, "expired": False, "created_at": "2100-01-01T00:00:00Z"}
    return {**made, "workflow_run": run, **changes}


@pytest.mark.skipif(
    shutil.which("jq") is None, reason="gh has jq's language, this stand-in has not"
)
def test_the_workflow_records_a_weeks_artifacts(project: Path) -> None:
    artifacts = [
        artifact(1, "acme~shop~A.dockerbuild"),
        artifact(2, "../../x $(touch pwned).dockerbuild"),
        artifact(3, "report.zip"),
        artifact(4, "gone.dockerbuild", expired=True),
        artifact(5, "old.dockerbuild", created_at="2020-01-01T00:00:00Z"),
        artifact(6, "fork.dockerbuild", fork=2),
    ]
    write(project, {"bin/gh": GH, "list.json": json.dumps({"artifacts": artifacts})})
    (project / "bin" / "gh").chmod(0o755)
    temp = project / "temp"
    temp.mkdir()
    (job,) = WORKFLOW["jobs"].values()
    download, record, push = (step["run"] for step in job["steps"] if "run" in step)
    assert push == 'imgopt history push --history "$HISTORY"'
    record = record.replace("python -m pip", ": python -m pip")
    env = {
        "PATH": f"{project / 'bin'}:{PATH}", "RUNNER_TEMP": str(temp), "GITHUB_REPOSITORY": "a/b",
        "RUNNER_ENVIRONMENT": "github-hosted", "ARTIFACTS": str(project / "list.json"),
        "BUILDS": str(ROOT / "tests" / "fixtures" / "dockerbuild"),
        "PYTHONPATH": str(ROOT / "src"),
        **job["env"], "HISTORY": f"sqlite:///{project / 'h.db'}",
    }  # fmt: skip
    for script in (download, record):
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
            cwd=project / "work", env=env, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
    found = sorted(path.relative_to(temp).parts for path in temp.rglob("*.dockerbuild"))
    assert found == [
        ("builds", "1", "acme~shop~A.dockerbuild"),
        ("builds", "2", "x $(touch pwned).dockerbuild"),
    ]
    assert "2 builds read: 1 recorded, 1 already known" in done.stderr
    assert not list(project.rglob("pwned"))
    assert WORKFLOW["permissions"] == {"actions": "read", "contents": "write"}


@pytest.fixture
def change(project: Path) -> Path:
    """The project with a commit that touches no service, on top of the branch `origin/main`."""
    work = project / "work"
    write(work, {"imgopt.toml": '[services.b]\ncontext = "b"\n'})
    who = ("-c", "user.name=t", "-c", "user.email=t@example.invalid")
    git(work, "init", "-q", "-b", "main")
    git(work, "add", "-A")
    git(work, *who, "commit", "-qm", "First")
    git(work, "update-ref", "refs/remotes/origin/main", "HEAD")
    write(work, {"README": "x\n"})
    git(work, "add", "-A")
    git(work, *who, "commit", "-qm", "Second")
    return project


def test_the_action_checks_a_pull_request(change: Path) -> None:
    around = {"GITHUB_BASE_REF": "main", "GITHUB_REF": "refs/heads/x", "GITHUB_TOKEN": ""}
    done = run_action(change, around, mode="check")
    assert done.returncode == 0, done.stderr
    assert "check against origin/main" in done.stdout
    assert (change / "summary").read_text().startswith("<!-- imgopt:check -->")
    assert json.loads((change / "work" / "imgopt-check.json").read_text())["verdict"] == "pass"
    assert (change / "output").read_text() == "verdict=pass\n"
    assert "verdict" in ACTION["outputs"]


def test_the_check_of_the_action_says_what_is_wrong(change: Path) -> None:
    around = {"GITHUB_REF": "refs/heads/x", "GITHUB_TOKEN": ""}
    done = run_action(change, around, mode="check")
    assert done.returncode == 2
    assert "say what to compare with" in done.stdout
    done = run_action(change, around, mode="czech")
    assert done.returncode == 2
    assert "::error::mode must be lint or check" in done.stdout
    words = {"mode": "check", "against": "$(touch pwned)", "services": "b; touch pwned"}
    assert run_action(change, around, **words).returncode == 2
    assert not list(change.rglob("pwned"))
    pull = {**around, "GITHUB_REF": "refs/pull/7/merge"}  # no token: from a fork, say
    done = run_action(change, pull, mode="check", against="origin/main")
    assert done.returncode == 2
    assert "--comment needs GITHUB_TOKEN" in done.stderr


def test_the_gitlab_job_checks_a_merge_request(change: Path) -> None:
    job: dict[str, Any] = GITLAB[".imgopt-check"]
    check = next(line for line in job["script"] if line.startswith("imgopt check"))
    variables = {k: str(v) for k, v in job["variables"].items()}
    done = subprocess.run(
        ["sh", "-c", check], cwd=change / "work", capture_output=True, text=True, check=False,
        env={**HERE, "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main", **variables},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    for name in job["artifacts"]["paths"]:
        assert (change / "work" / name).stat().st_size > 0


@pytest.mark.parametrize(("status", "outcome"), [("success", "success"), ("failure", "canceled")])
def test_the_snippets_of_delivery_record_events(project: Path, status: str, outcome: str) -> None:
    text = (ROOT / "docs" / "delivery.md").read_text()
    blocks = re.findall(r"(?:^    .*\n|^\n(?=    ))+", text, re.MULTILINE)
    github, gitlab = (
        yaml.safe_load("\n".join(line[4:] for line in block.splitlines()))
        for block in blocks
        if "--environment" in block and ("$GITHUB_SHA" in block or "$CI_COMMIT_SHA" in block)
    )
    began = int(time.time()) - 300
    env = {
        "PATH": PATH, "PYTHONPATH": str(ROOT / "src"), "BEGAN": str(began), "STATUS": status,
        "GITHUB_SHA": "a" * 40, "GITHUB_SERVER_URL": "https://git.example", "GITHUB_RUN_ID": "7",
        "GITHUB_REPOSITORY": "o/r", "GITHUB_ACTOR": "ann",
        "CI_JOB_STARTED_AT": datetime.fromtimestamp(began, UTC).isoformat(),
        "CI_JOB_STATUS": outcome, "CI_ENVIRONMENT_NAME": "production", "CI_COMMIT_SHA": "b" * 40,
        "CI_PIPELINE_URL": "https://git.example/7", "GITLAB_USER_LOGIN": "bob",
        "IMGOPT_HISTORY": f"sqlite:///{project / 'h.db'}",
    }  # fmt: skip
    scripts = [github[1]["run"], "\n".join(gitlab["deploy"]["after_script"])]
    for script in scripts:
        script = script.replace("pip install", ": pip install")
        script = script.replace("imgopt history push", ": imgopt history push")
        script = script.replace("git:imgopt-history", env["IMGOPT_HISTORY"])
        done = subprocess.run(
            ["bash", "-eo", "pipefail", "-c", script], cwd=project / "work", env=env,
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert (done.returncode, done.stderr) == (0, "imgopt: deploy of api: recorded\n")
    history = History(env["IMGOPT_HISTORY"], create=False)
    told = [(e.actor, e.status, e.environment, e.duration_s > 100) for e in history.events()]
    history.close()
    assert sorted(told) == [
        ("ann", status, "production", True),
        ("bob", status, "production", True),
    ]


@pytest.mark.parametrize("hook", HOOKS, ids=lambda h: h["id"])
def test_hooks_take_dockerfiles_and_run(hook: dict[str, str], project: Path) -> None:
    def taken(path: str) -> bool:
        return bool(re.search(hook["files"], path)) and not re.search(hook["exclude"], path)

    for path in ("Dockerfile", "a/Dockerfile.dev", "web.Dockerfile", "Containerfile"):
        assert taken(path)
    for path in ("Dockerfile.dockerignore", "MyDockerfiles/x", "Dockerfile.j2", "a.py"):
        assert not taken(path)
    done = subprocess.run(
        [*hook["entry"].split(), "Dockerfile"], cwd=project / "work",
        env=HERE, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode in (0, 1), done.stderr

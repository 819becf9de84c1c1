"""`imgopt check` without an engine: what files, records and git tell."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from engine_fixtures import git, write
from records import record

from imgopt.cli.main import main
from imgopt.history.store import History, default_url
from imgopt.records.build import BuiltImage, Failure, Layer

TOML = """\
[services.web]
[services.web.budget]
size = "4 MB"
cold = "5 s"
findings = 9
"""
DOCKERFILE = "FROM busybox:1.37\nCOPY app /app\nRUN cat /app\nUSER 1000\n"


def commit(root: Path, subject: str) -> None:
    git(root, "add", "-A")
    who = ("-c", "user.name=t", "-c", "user.email=t@example.invalid")
    git(root, *who, "commit", "-qm", subject)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with a service whose branch `main` is one commit behind nothing."""
    write(tmp_path, {
        "Dockerfile": DOCKERFILE, "app": "1\n", "imgopt.toml": TOML, ".gitignore": "ignored\n",
        "README": "x\n",
    })  # fmt: skip
    git(tmp_path, "init", "-q", "-b", "main")
    commit(tmp_path, "First")
    git(tmp_path, "switch", "-q", "-c", "change")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DOCKER_HOST", "unix:///nonexistent/docker.sock")
    return tmp_path


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["--measure", "--against", "main"], "one at a time"),
        (["--fail-on-regression", "10%"], "--fail-on-regression needs a comparison"),
        (["--fail-on-growth", "much"], "'much' is not a percentage"),
        (["--fail-on", "error"], "--fail-on needs a comparison"),
        (["--scenario", "cold"], "--scenario is for builds: add --measure or --against"),
        (["--runs", "3"], "--runs is for builds"),
        (["--against", "no-such"], "git knows no commit 'no-such' here; in CI, fetch it first"),
        (["--against", "--help"], "git knows no commit '--help' here"),
        (["--against", "main", "--scenario", "cod-change"], "did you mean 'code-change'?"),
        (["--format", "pdf"], "'pdf' is not one of text, github, json, markdown"),
        (["nothing"], "unknown service 'nothing'"),
        ([], "there is no history"),
    ],
)
def test_wrong_usage_is_one_message(
    project: Path, capsys: pytest.CaptureFixture[str], argv: list[str], words: str
) -> None:
    assert main(["check", *argv]) == 2
    said = capsys.readouterr().err
    assert words in said
    assert "Traceback" not in said


@pytest.mark.parametrize(
    ("toml", "words"),
    [
        ("[services.web.budget]\ncod-change = 3\n",
         "unknown key 'services.web.budget.cod-change'; did you mean 'code-change'?"),
        ("[services.web.budget]\nsize = '250 XB'\n",
         "[services.web.budget] size: '250 XB' is not a size; write 250 MB"),
        ("[services.web.budget]\ncold = -1\n", "[services.web.budget] cold: -1 is not a duration"),
        ("[services.web.budget]\nfindings = 1.5\n", "findings: 1.5 is not a whole number"),
        ("[services.web]\nbudgets = {}\n", "did you mean 'budget'?"),
        ("[services.web]\nbudget = 3\n", "Expected `object`, got `int`"),
        ("[check]\nfail-on-growth = 'x'\n", "[check] fail-on-growth: 'x' is not a percentage"),
        ("[check]\nscenario = []\n", "did you mean 'scenarios'?"),
        ("[alerts]\nurl = 'https://secret'\n", "did you mean 'url-env'?"),
        ("[alerts]\nurl-env = 'https://hooks.example.org/T0/s3cret'\n", "matching regex"),
        ("[services.web]\n", "no budget to check: write [services.NAME.budget]"),
    ],
)  # fmt: skip
def test_configuration_that_makes_no_sense(
    project: Path, capsys: pytest.CaptureFixture[str], toml: str, words: str
) -> None:
    (project / "imgopt.toml").write_text(toml)
    assert main(["check"]) == 2
    said = capsys.readouterr().err
    assert words in said
    assert "s3cret" not in said


def test_the_last_measured_record_is_judged(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    layers = (Layer("sha256:b", 2_000_000, 0, ""), Layer("sha256:l", 3_000_000, 3, "RUN"))
    image = BuiltImage("sha256:i", 5_000_000, layers)
    small = BuiltImage("sha256:s", 1_000_000, layers)
    late = record(9).started_at
    store = History(default_url(project))
    store.add([
        record(1, service="web", duration_s=4.0, image=image),
        record(2, service="web", scenario="local", isolation="recorded", image=small,
               started_at=late),
        record(3, service="web", image=small, started_at=late, failure=Failure("x", "", 0, "no")),
        record(4, service="web", image=small, started_at=late, variant="A main"),
        record(5, service="other", image=small, started_at=late),
    ])  # fmt: skip
    store.close()
    assert main(["check", "--format", "json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert [r["message"] for r in found["reasons"]] == [
        "`web`: image size is 5.0 MB, 1.0 MB (25%) over its budget of 4.0 MB; `Dockerfile:3` "
        "`RUN` takes most of it, 3.0 MB"
    ]
    (service,) = found["services"]
    assert (service["state"], service["commit"]) == ("recorded", "1".ljust(40, "0"))
    values = {b["name"]: (b["value"], b["broken"]) for b in service["budgets"]}
    assert values["cold"] == (4.0, False)
    assert values["findings"][0] is not None
    assert main(["check", "--format", "markdown:comment.md"]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert "image size is 5.0 MB, 1.0 MB (25%) over its budget" in said.err


def test_what_was_never_measured_is_unknown(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = History(default_url(project))
    store.add([record(1, service="other")])
    store.close()
    assert main(["check"]) == 0
    shown = capsys.readouterr().out
    assert "web: no build is recorded" in shown
    assert "unknown" in shown


def test_files_alone_need_no_history(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "imgopt.toml").write_text("[services.web.budget]\ncontext = '1 kB'\nfindings = 0\n")
    (project / "big").write_bytes(b"x" * 5000)
    (project / "Dockerfile").write_text(DOCKERFILE.replace("COPY app", "COPY . "))
    assert main(["check", "--format", "json"]) == 1
    found = json.loads(capsys.readouterr().out)
    budgets = {r["name"]: r for r in found["reasons"]}
    assert (budgets["context"]["line"], budgets["context"]["limit"]) == (2, 1000)
    assert budgets["findings"]["value"] >= 1


def test_a_service_that_did_not_change_needs_no_engine(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "README").write_text("y\n")
    (project / "ignored").write_text("git does not know it\n")
    (project / "app").chmod(0o666)  # a mode that git does not know, either
    assert main(["check", "--against", "main", "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["verdict"], found["reference"]) == ("pass", "main")
    assert [s["state"] for s in found["services"]] == ["same"]
    assert found["lint"]["files"] == 0
    assert git(project, "worktree", "list").count("\n") == 1


def test_a_service_that_is_not_touched_need_not_mend_its_budgets(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "imgopt.toml").write_text("[services.web.budget]\ncontext = 9\nfindings = 0\n")
    (project / "Dockerfile").write_text("FROM busybox\nCOPY app /app\nUSER 1000\n")
    commit(project, "Over its budgets from the start")
    git(project, "branch", "-f", "main")
    (project / "README").write_text("z\n")
    assert main(["check", "--against", "main"]) == 0
    capsys.readouterr()
    (project / "big").write_bytes(b"x" * 2_000_000)
    assert main(["check", "--against", "main", "--format", "json"]) == 1
    (reason,) = json.loads(capsys.readouterr().out)["reasons"]
    assert (reason["name"], reason["limit"]) == ("context", 9)
    assert 9 < reason["before"] < 1_000_000
    with (project / "Dockerfile").open("a") as file:
        file.write("# touched\n")
    assert main(["check", "--against", "main", "--format", "json"]) == 1
    names = {r["name"] for r in json.loads(capsys.readouterr().out)["reasons"]}
    assert names == {"context", "findings"}


def test_new_findings_fail_and_known_ones_do_not(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    extra = {"api/Dockerfile": "FROM busybox\nUSER 1000\n"}
    write(project, extra)
    commit(project, "A finding that main will know")
    git(project, "branch", "-f", "main")
    (project / "api" / "Dockerfile").write_text(
        "# a comment moves it\nFROM busybox\nUSER 1000\nENV DB_PASSWORD=hunter22\n"
    )
    assert main(["check", "--against", "main", "--format", "json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert found["lint"]["known"] >= 1
    assert [(f["path"], f["line"]) for f in found["lint"]["new"]] == [("api/Dockerfile", 4)]
    assert found["reasons"][0]["kind"] == "lint"
    assert main(["check", "--against", "main", "--fail-on", "never"]) == 0


def test_a_service_that_changed_needs_the_engine(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "app").write_text("2\n")
    assert main(["check", "--against", "main", "-q"]) == 3
    said = capsys.readouterr().err
    assert "Traceback" not in said
    assert git(project, "worktree", "list").count("\n") == 1
    (project / "Dockerfile").write_text("FROM busybox\nRUN <<X\n")
    assert main(["check", "--against", "main", "-q"]) == 3
    assert "Dockerfile:2" in capsys.readouterr().err

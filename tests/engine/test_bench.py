"""`imgopt bench` on a real BuildKit, with both image stores."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from engine_fixtures import DOCKERFILE, Engine, git, lines_that_ran, write

pytestmark = pytest.mark.engine


@pytest.mark.usefixtures("unchanged")
def test_all_scenarios_are_measured_and_nothing_is_left(engine: Engine, project: Path) -> None:
    done = engine.imgopt("bench", "--runs", "1", "--format", "json", cwd=project)
    assert done.returncode == 0, done.stderr
    data = json.loads(done.stdout)
    assert data["schema_version"] == 1
    runs = {r["scenario"]: r for r in data["runs"]}
    assert list(runs) == ["cold", "warm", "code-change", "deps-change"]
    assert {r["attribution"] for r in data["runs"]} == {"provenance"}

    def ran(scenario: str) -> set[int]:
        return lines_that_ran(runs[scenario])

    # BuildKit does not ignore the cache for a WORKDIR (3, 11), whatever --no-cache says.
    assert ran("cold") | {11} == {2, 3, 4, 5, 7, 8, 11, 12}
    assert ran("warm") == set()
    assert ran("code-change") == {7, 8, 12}
    # 12 too: it copies the file that says whether the cache mount was empty. It was not.
    assert ran("deps-change") == {4, 5, 7, 8, 12}
    assert (runs["warm"]["cache_hits"], runs["warm"]["cache_steps"]) == (8, 8)
    assert runs["code-change"]["edited"] == "app/main.py"
    assert runs["deps-change"]["edited"] == "requirements.txt"
    # buildx fetches the provenance for imgopt alone: no part of the build that is measured.
    assert not [s for r in runs.values() for s in r["steps"] if "provenance" in s["name"]]
    cold = runs["cold"]
    assert cold["duration_s"] > 0
    assert cold["duration_s"] <= cold["cli_duration_s"]
    assert cold["critical_path_s"] <= cold["duration_s"] * 1.05
    assert cold["context_bytes"] > 0
    assert cold["commit"] == git(project, "rev-parse", "HEAD").strip()
    assert cold["dirty"] is False
    assert cold["author"] == "t"
    assert cold["findings"] == 0
    assert [(base["name"], bool(base["digest"])) for base in cold["bases"]] == [
        ("busybox:1.37", True),
    ]  # fmt: skip
    layers = [(layer["line"], layer["instruction"]) for layer in cold["image"]["layers"]]
    assert layers[-2:] == [(11, "WORKDIR"), (12, "COPY")]
    assert all(layer["digest"] for layer in cold["image"]["layers"])
    assert cold["image"]["size_bytes"] == sum(x["size_bytes"] for x in cold["image"]["layers"])
    assert git(project, "status", "--porcelain") == ""


def test_cache_mounts_are_cold_in_every_cold_sample(engine: Engine, project: Path) -> None:
    name = "imgopt-test/cold"
    argv = ["bench", "--scenario", "cold=2", "--no-history", "--keep-images", name]
    done = engine.imgopt(*argv, cwd=project)
    assert done.returncode == 0, done.stderr
    try:
        run = ("run", "--rm", "--network=none", f"{name}/web", "cat", "/srv/state")
        assert engine.docker(*run).strip() == "cold"
    finally:
        engine.docker("image", "rm", "--force", f"{name}/web")


def test_records_go_to_the_history_and_into_the_report(
    default_engine: Engine, project: Path
) -> None:
    held = default_engine.state()
    argv = ["bench", "--scenario", "cold=1", "--quiet"]
    for number in range(2):
        done = default_engine.imgopt(*argv, cwd=project)
        assert done.returncode == 0, done.stderr
        assert "web      cold" in done.stdout
        git(project, "-c", "user.name=t", "-c", "user.email=t@example.invalid",
            "commit", "-q", "--allow-empty", "-m", f"Change {number}")  # fmt: skip
    done = default_engine.imgopt("report", "--output", "out", cwd=project)
    assert done.returncode == 0, done.stderr
    assert "\n| web |" in (project / "out" / "report.md").read_text()
    page = (project / "out" / "report.html").read_text()
    commits = git(project, "log", "--format=%h", "--abbrev=10", "-n", "2", "--skip=1").split()
    assert all(f">{commit}" in page for commit in commits)
    assert page.count("<svg") > 2
    assert default_engine.state() == held


@pytest.mark.usefixtures("unchanged")
def test_a_failing_build_names_step_line_and_log(engine: Engine, project: Path) -> None:
    broken = DOCKERFILE.replace("cat app/*.py > program", "echo the reason && exit 7")
    (project / "Dockerfile").write_text(broken)
    done = engine.imgopt("bench", "--runs", "1", cwd=project)
    assert done.returncode == 3
    assert "service web, cold" in done.stderr
    assert "Dockerfile:8: [build 7/7] RUN echo the reason" in done.stderr
    assert "    the reason" in done.stderr
    assert "exit code: 7" in done.stderr
    log = Path(done.stderr.strip().rpartition("its log is kept in ")[2])
    assert log.read_text() == "the reason\n"
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    done = engine.imgopt("report", cwd=project)
    assert done.returncode == 2
    assert "no records" in done.stderr


def test_no_message_and_no_log_shows_a_secret(default_engine: Engine, project: Path) -> None:
    text = DOCKERFILE.replace("WORKDIR /src", "ARG MYPASS\nWORKDIR /src/$MYPASS\nWORKDIR /src")
    text = text.replace("cat app/*.py > program", 'echo "it is $MYPASS" && exit 7')
    (project / "Dockerfile").write_text(text)
    argv = ("bench", "--scenario", "warm=1", "--build-arg", "MYPASS=open sesame")
    done = default_engine.imgopt(*argv, cwd=project)
    assert done.returncode == 3
    assert "    it is ***" in done.stderr
    log = Path(done.stderr.strip().rpartition("its log is kept in ")[2])
    assert log.read_text() == "it is ***\n"
    failed = done.stderr
    (project / "Dockerfile").write_text(text.replace("exit 7", "touch program"))
    done = default_engine.imgopt(*argv, "--format", "json", cwd=project)
    assert done.returncode == 0, done.stderr
    assert any("WORKDIR /src/***" in s["name"] for s in json.loads(done.stdout)["runs"][0]["steps"])
    history = (project / ".imgopt" / "history.db").read_bytes()
    for found in (done.stdout, done.stderr, failed, history.decode(errors="replace")):
        assert "sesame" not in found


def test_a_tree_without_a_commit_is_edited_outside_git(
    default_engine: Engine, tmp_path: Path
) -> None:
    """Where the context holds .git and nothing says which files people change."""
    write(tmp_path, {
        "Dockerfile": "FROM busybox:1.37\nCOPY . /all\n", "zebra.py": "x = 1\n",
    })  # fmt: skip
    git(tmp_path, "init", "-q")
    argv = ("bench", ".", "--scenario", "code-change=1", "--no-history", "--format", "json")
    done = default_engine.imgopt(*argv, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["runs"][0]["edited"] == "zebra.py"


def test_a_folder_a_file_a_target_and_arguments(default_engine: Engine, project: Path) -> None:
    write(project, {
        "sub/Dockerfile": "FROM busybox:1.37 AS one\nARG A=0\nRUN test $A = 1\nFROM one\nRUN no\n",
        "sub/other.Dockerfile": "FROM busybox:1.37\nCOPY Dockerfile /\n",
    })  # fmt: skip
    argv = ("bench", "--scenario", "warm=1", "--no-history", "--network", "none")
    done = default_engine.imgopt(
        *argv, "./sub", "--target", "one", "--build-arg", "A=1", "--format", "json", cwd=project
    )
    assert done.returncode == 0, done.stderr
    assert "sub: sub/Dockerfile, target one" in done.stderr
    (run,) = json.loads(done.stdout)["runs"]
    assert (run["service"], run["dockerfile"], run["target"]) == ("sub", "sub/Dockerfile", "one")
    done = default_engine.imgopt(*argv, "sub", "-f", "sub/other.Dockerfile", cwd=project)
    assert done.returncode == 0, done.stderr
    assert "sub: sub/other.Dockerfile\n" in done.stdout


def test_a_build_that_hangs_is_ended(default_engine: Engine, project: Path) -> None:
    held = default_engine.state()
    text = DOCKERFILE.replace("cat app/*.py > program", "echo waiting && sleep 600")
    (project / "Dockerfile").write_text(text)
    done = default_engine.imgopt("bench", "--timeout", "7s", "--no-history", cwd=project)
    assert done.returncode == 3
    assert "the build took longer than 7 s in [build 7/7] RUN echo waiting" in done.stderr
    assert git(project, "status", "--porcelain").split() == ["M", "Dockerfile"]
    assert default_engine.state() == held


@pytest.mark.usefixtures("unchanged")
def test_ctrl_c_in_the_middle_leaves_nothing(engine: Engine, project: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(60)
        port = server.getsockname()[1]
        text = DOCKERFILE.replace("cat app/*.py > program", f"nc 127.0.0.1 {port}")
        (project / "Dockerfile").write_text(text)
        process = subprocess.Popen(
            [sys.executable, "-m", "imgopt", "bench", "--network", "host"],
            cwd=project, env=engine.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        connection, _ = server.accept()  # the build has come to its second RUN
        with connection:
            process.send_signal(signal.SIGINT)
            _, stderr = process.communicate(timeout=60)
    assert process.returncode == 130
    assert stderr.strip().splitlines()[-1] == "imgopt: interrupted"
    assert "Traceback" not in stderr
    done = engine.imgopt("report", cwd=project)
    assert "no records" in done.stderr


OWN = """\
[services.web]
network = "none"
[scenarios.text]
append = { "app/main.py" = "# {sample}\\n" }
[scenarios.generated]
run = ["sh", "-c", "echo {sample} > app/new.py"]
[scenarios.stage]
target = "build"
build-args = { NAME = "{sample}" }
[scenarios.wrong]
replace = { "app/main.py" = ["nowhere", "x"] }
"""


def test_own_scenarios_and_another_base(default_engine: Engine, project: Path) -> None:
    engine = default_engine
    (project / "imgopt.toml").write_text(OWN)
    git(project, "-c", "user.name=t", "-c", "user.email=t@example.invalid", "commit", "-qam", "x")
    held = engine.state()
    names = ["text=2", "generated", "stage", "base-change"]
    argv = [a for n in names for a in ("--scenario", n)]
    done = engine.imgopt("bench", "--runs", "1", *argv, "--format", "json", "-q", cwd=project)
    assert done.returncode == 0, done.stderr
    ran = {
        f"{r['scenario']}-{r['sample']}": lines_that_ran(r, but=("FROM", "WORKDIR"))
        for r in json.loads(done.stdout)["runs"]
    }
    assert ran["text-1"] == ran["text-2"] == {7, 8, 12}
    assert ran["generated-1"] == {7, 8, 12}
    assert ran["stage-1"] == set()
    assert ran["base-change-1"] == {2, 4, 5, 7, 8, 12}
    assert engine.state() == held
    assert git(project, "status", "--porcelain") == ""
    done = engine.imgopt("bench", "--scenario", "wrong", "-q", cwd=project)
    assert done.returncode == 2
    assert "[scenarios.wrong]: app/main.py does not hold 'nowhere'" in done.stderr


def test_usage_errors_come_before_any_build(default_engine: Engine, project: Path) -> None:
    for argv, code, words in (
        (("bench", "wbe"), 2, "unknown service 'wbe'; did you mean 'web'?"),
        (("bench", "--scenario", "hot"), 2, "unknown scenario 'hot'"),
        (("bench", "--builder", "no-such-builder"), 3, "no-such-builder"),
    ):
        done = default_engine.imgopt(*argv, cwd=project)
        assert (done.returncode, words in done.stderr) == (code, True), done.stderr
        assert "Traceback" not in done.stderr


def test_a_docker_without_buildx_is_one_message(project: Path, tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    fake = tmp_path / "bin" / "docker"
    fake.write_text("#!/bin/sh\necho 'docker: unknown command: docker buildx' >&2; exit 1\n")
    fake.chmod(0o755)
    path = f"{tmp_path / 'bin'}:{os.environ['PATH']}"
    done = Engine({**os.environ, "PATH": path}).imgopt("bench", cwd=project)
    assert done.returncode == 3
    assert "docker has no buildx plugin; install docker-buildx" in done.stderr


def test_a_missing_engine_is_one_message(project: Path) -> None:
    env = {**os.environ, "DOCKER_HOST": "unix:///nonexistent/docker.sock"}
    for argv in (["bench"], ["analyze", "busybox:1.37"]):
        done = Engine(env).imgopt(*argv, cwd=project)
        assert done.returncode == 3
        assert "no Docker engine answers at unix:///nonexistent/docker.sock" in done.stderr
        assert len(done.stderr.strip().splitlines()) == 1
    done = Engine({**os.environ, "PATH": "/nonexistent"}).imgopt("bench", cwd=project)
    assert done.returncode == 3
    assert "docker is not installed" in done.stderr

"""`imgopt record builds` with files: no engine is asked."""

from __future__ import annotations

import io
import json
import shutil
import sys
from pathlib import Path
from typing import Any, Protocol

import budget
import dockerbuilds
import pytest
from engine_fixtures import git, write

from imgopt.cli.main import main
from imgopt.history.store import History
from imgopt.records.build import encode

API = dockerbuilds.FIXTURES / "api.dockerbuild"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    write(tmp_path, {
        "imgopt.toml": "[services.api]\ncontext = 'backend'\ntarget = 'api'\n",
        "compose.yml": "services: {web: {build: dashboard}}\n",
    })  # fmt: skip
    return tmp_path


class Run(Protocol):
    def __call__(self, *argv: str, stdin: bytes = b"") -> tuple[int, str]: ...


@pytest.fixture
def imgopt(
    project: Path,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Run:
    """`imgopt record builds`: exit code and what was said, where there is no docker at all."""
    monkeypatch.chdir(project)
    programs = tmp_path_factory.mktemp("bin")
    (programs / "git").symlink_to(shutil.which("git") or "")
    monkeypatch.setenv("PATH", str(programs))
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere")

    def run(*argv: str, stdin: bytes = b"") -> tuple[int, str]:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        capsys.readouterr()
        code = main(["record", "builds", *argv])
        return code, capsys.readouterr().err

    return run


def recorded(cwd: Path) -> list[dict[str, Any]]:
    store = History(f"sqlite:///{cwd / '.imgopt' / 'history.db'}", create=False)
    found = [json.loads(encode(record)) for record in store.records()]
    store.close()
    return found


def test_files_are_recorded_once(project: Path, imgopt: Run) -> None:
    argv = [str(dockerbuilds.FIXTURES / f"{n}.dockerbuild") for n in ("two", "api-again")]
    assert imgopt(*argv) == (
        0, "imgopt: 3 builds read (1 failed): 3 recorded, 0 already known\n",
    )  # fmt: skip
    code, said = imgopt(str(API))
    assert (code, said) == (0, "imgopt: 1 build read: 0 recorded, 1 already known\n")
    rows = {(r["service"], r["scenario"], r["failure"] is None) for r in recorded(project)}
    assert rows == {("api", "ci", True), ("web", "ci", False)}
    places = {(r["dockerfile"], r["target"]) for r in recorded(project)}
    assert places == {("backend/Dockerfile", "api"), ("dashboard/Dockerfile", "")}


def test_folders_zips_and_stdin(project: Path, imgopt: Run) -> None:
    shutil.copytree(dockerbuilds.FIXTURES, project / "week" / "a")
    (project / "week" / "b.zip").write_bytes(
        dockerbuilds.zipped({"acme~shop~ABC.dockerbuild": API.read_bytes()})
    )
    assert imgopt("week", "-q") == (0, "")
    assert len(recorded(project)) == 5
    code, said = imgopt("-", stdin=API.read_bytes())
    assert (code, said.split(": ")[2]) == (0, "0 recorded, 1 already known\n")


def test_what_is_chosen_wins(project: Path, imgopt: Run) -> None:
    argv = ("--service", "shop", "--scenario", "release", "--machine", "runner", "-q")
    assert imgopt(str(API), *argv) == (0, "")
    (row,) = recorded(project)
    assert (row["service"], row["scenario"]) == ("shop", "release")
    assert row["engine"]["machine"] == "runner"


def test_a_commit_that_git_knows_has_its_date_subject_and_author(
    project: Path, imgopt: Run
) -> None:
    git(project, "init", "-q")
    git(project, "add", "-A")
    author = ("-c", "user.name=Ann", "-c", "user.email=a@example.com")
    git(project, *author, "commit", "-qm", "Add token=abcd1234efgh")
    commit = git(project, "rev-parse", "HEAD").strip()
    attributes = {"build-arg:GIT_SHA": commit[:12]}
    data = dockerbuilds.dockerbuild(
        dockerbuilds.build(dockerbuilds.config(FrontendAttrs=attributes))
    )
    assert imgopt("-", "-q", stdin=data) == (0, "")
    (row,) = recorded(project)
    assert (row["commit"], row["author"], row["subject"]) == (commit, "Ann", "Add token=***")
    assert row["committed_at"]


def test_since_passes_over_what_is_older(project: Path, imgopt: Run) -> None:
    _, said = imgopt(str(API), "--since", "2100-01-01")
    assert said.endswith("0 already known, 1 from before --since skipped\n")
    code, said = imgopt(str(API), "--since", "last week")
    assert (code, "write 8w" in said) == (2, True)


def test_a_broken_file_takes_none_of_the_others_with_it(project: Path, imgopt: Run) -> None:
    (project / "bad.dockerbuild").write_bytes(API.read_bytes()[:-30])
    (project / "worse.dockerbuild").write_bytes(b"hello")
    code, said = imgopt("bad.dockerbuild", str(API), "worse.dockerbuild", "none")
    assert code == 2
    first, second, third, summary = said.splitlines()
    assert first.startswith("imgopt: bad.dockerbuild is broken or cut off")
    assert second.startswith("imgopt: worse.dockerbuild is no build record")
    assert third.startswith("imgopt: none: cannot be read")
    assert summary.startswith("imgopt: 1 build read: 1 recorded")


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        ((), "name .dockerbuild files"),
        (("--scenario", "cold", "x"), "`imgopt bench` measures"),
        (("--scenario", "a b", "x"), "cannot be a scenario"),
        (("--builder", "b", "x"), "--builder needs --from-history"),
        (("--from-history", "--privileged"), "No such option"),
        (("--from-history", "--", "--all"), "name builds as"),
        (("--from-history",), "docker is not installed"),
    ],
)
def test_wrong_usage(argv: tuple[str, ...], words: str, project: Path, imgopt: Run) -> None:
    code, said = imgopt(*argv)
    assert words in said
    assert code == (3 if "docker" in words and "file" not in words else 2)
    assert "Traceback" not in said


def test_hostile_files_cost_little(project: Path) -> None:
    """Within the memory and the processor time of tests/budget.py."""
    vertices = 4_900
    digests = [dockerbuilds.digest_of(n).encode() for n in range(vertices)]
    chain = [
        dockerbuilds.step(
            n, f"[stage-{n} 1/1] RUN x", inputs=digests[max(0, n - 10) : n], cached=n % 2 == 0,
            started={"seconds": dockerbuilds.START, "nanos": n},
        )
        for n in range(vertices)
    ]  # fmt: skip
    halves = [dockerbuilds.message(vertexes=chain[start::4]) for start in range(4)]
    logs = [{"vertex": digests[0], "message": b"x"}] * 20_000
    stream = dockerbuilds.framed(*halves, *[dockerbuilds.message(logs=logs)] * 10)
    (config, _), *_ = dockerbuilds.build()
    blobs = [(config, dockerbuilds.build()[0][1]), (dockerbuilds.STATUS, stream)]
    (project / "deep.dockerbuild").write_bytes(dockerbuilds.dockerbuild(blobs))
    done = budget.run("record", "builds", "deep.dockerbuild", cwd=project)
    assert done.returncode == 0, done.stderr
    empty = dockerbuilds.framed(b"\x0a\0" * 1_900_000)
    blobs = [(config, dockerbuilds.build()[0][1]), (dockerbuilds.STATUS, empty)]
    (project / "empty.dockerbuild").write_bytes(dockerbuilds.dockerbuild(blobs))
    done = budget.run("record", "builds", "empty.dockerbuild", cwd=project)
    assert done.returncode == 2, done.stderr
    assert "is not a step's digest" in done.stderr


def test_what_no_history_takes_is_refused_with_its_file(project: Path, imgopt: Run) -> None:
    attributes = {"filename": "Dockerfile", "target": "a\x1bb"}
    odd = dockerbuilds.build(dockerbuilds.config(FrontendAttrs=attributes))
    (project / "odd.dockerbuild").write_bytes(dockerbuilds.dockerbuild(odd))
    code, said = imgopt("odd.dockerbuild", str(API))
    assert code == 2
    assert said.startswith("imgopt: odd.dockerbuild: cannot be stored: target holds a control")
    assert len(recorded(project)) == 1


def test_builds_of_imgopt_itself_are_no_news(project: Path, imgopt: Run) -> None:
    for local, image in (
        ("/tmp/imgopt-context-abc", ""),
        ("/tmp/x", "imgopt-bench/0/api:1"),
        ("/tmp/imgopt-worktree-x/tree/backend", ""),
    ):
        about = dockerbuilds.config(
            localState={"LocalPath": local}, Exporters=[{"Attrs": {"name": image}}]
        )
        data = dockerbuilds.dockerbuild(dockerbuilds.build(about))
        _, said = imgopt("-", stdin=data)
        assert said.endswith("1 of imgopt itself skipped\n")

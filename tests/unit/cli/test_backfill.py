"""What `imgopt backfill` refuses before it asks an engine."""

from __future__ import annotations

from pathlib import Path

import pytest
from repositories import Repository

from imgopt.cli.main import main

Caught = pytest.CaptureFixture[str]
NOWHERE = "unix:///nonexistent/docker.sock"


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    made = Repository(tmp_path / "repository")
    made.commit("First", {
        "Dockerfile": "FROM scratch\n",
        "imgopt.toml": '[services.web]\n[services.api]\ncontext = "api"\n',
        "api/Dockerfile": "FROM scratch\n",
    })  # fmt: skip
    made.commit("Second", {"a": "1\n"})
    monkeypatch.chdir(made.root)
    monkeypatch.setenv("DOCKER_HOST", NOWHERE)
    return made


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        ((), "name commits, such as main~20..main, or say --since 8w"),
        (("nothing",), "git knows no commits 'nothing' here"),
        (("HEAD..HEAD",), "there are no commits in HEAD..HEAD"),
        (("HEAD", "--merges-only"), "there are no merges in HEAD"),
        (("--since", "2026-02-01"), "there are no commits in HEAD since 2026-02-01"),
        (("HEAD", "--since", "soon"), "'soon' is no time; write 8w, 30d, 12h or 2026-01-31"),
        (("HEAD", "--since", "999999w"), "is no time"),
        (("HEAD", "--every", "0"), "0 is not in the range"),
        (("HEAD", "--limit", "0"), "0 is not in the range"),
        (("HEAD", "--scenario", "colt"), "unknown scenario 'colt'; did you mean 'cold'?"),
        (("HEAD", "--service", "wep"), "unknown service 'wep'; did you mean 'web'?"),
        (("HEAD", "--history", "mysql"), "is not a database URL"),
        (("HEAD", "--format", "xml"), "'xml' is not one of text, json"),
    ],
)
@pytest.mark.usefixtures("repository")
def test_wrong_usage_is_one_message(argv: tuple[str, ...], said: str, capsys: Caught) -> None:
    assert main(["backfill", *argv]) == 2
    out, err = capsys.readouterr()
    assert said in err
    assert out == ""


def test_a_service_outside_the_repository_is_refused(
    repository: Repository, capsys: Caught
) -> None:
    outside = repository.root.parent / "outside"
    outside.mkdir()
    (outside / "Dockerfile").write_text("FROM scratch\n")
    (repository.root / "imgopt.toml").write_text(
        '[services.web]\n[services.far]\ncontext = "../outside"\n'
    )
    assert main(["backfill", "HEAD"]) == 2
    assert f"service far: {outside} is outside the repository" in capsys.readouterr().err


def test_no_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Caught) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")
    assert main(["backfill", "HEAD"]) == 2
    assert "is in no git repository" in capsys.readouterr().err


def test_without_an_engine_nothing_is_done(repository: Repository, capsys: Caught) -> None:
    assert main(["backfill", "HEAD"]) == 3
    assert repository.git("worktree", "list").count("\n") == 1
    assert "2 commits: nothing done" in capsys.readouterr().out

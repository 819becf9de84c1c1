"""What is known around a Dockerfile: above all, which folder it is built from."""

from __future__ import annotations

from pathlib import Path

import pytest

from imgopt import config
from imgopt.dockerfile.parse import parse
from imgopt.facts.file import Surroundings
from imgopt.facts.surroundings import Neighbourhood, guess_context

HOSTS = "FROM a\nCOPY etc/hosts /x\n"


def around(dockerfile: Path, text: str, *named: Path, context: Path | None = None) -> Surroundings:
    dockerfile.parent.mkdir(parents=True, exist_ok=True)
    dockerfile.write_text(text)
    settings = config.Config(config.Settings(), dockerfile.parent, None)
    near = Neighbourhood(settings, named=named, context=context)
    return near.of(dockerfile, parse(text))


def guessed(dockerfile: Path, text: str, *named: Path) -> Path | None:
    found = around(dockerfile, text, *named)
    assert not found.context_is_certain
    return found.context.root if found.context else None


@pytest.fixture(autouse=True)
def elsewhere(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))


def test_outside_git_no_context_is_guessed_above_what_was_named(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    below = tmp_path / "docker" / "Dockerfile"
    text = "FROM a\nCOPY src /src\n"
    assert guessed(below, text) is None
    assert guessed(below, text, below) is None
    assert guessed(below, text, tmp_path / "docker") is None
    assert guessed(below, text, tmp_path) == tmp_path
    assert guessed(tmp_path / "Dockerfile", text) == tmp_path
    assert guessed(tmp_path / "Dockerfile", HOSTS, Path("/"), tmp_path) is None


def test_the_working_directory_counts_as_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "src").mkdir()
    monkeypatch.chdir(tmp_path)
    below = tmp_path / "docker" / "Dockerfile"
    assert guessed(below, "FROM a\nCOPY src /src\n", below) == tmp_path


def test_in_git_the_work_tree_is_the_highest(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "repository" / ".git").mkdir(parents=True)
    (tmp_path / "repository" / "lib").mkdir()
    below = tmp_path / "repository" / "docker" / "Dockerfile"
    assert guessed(below, "FROM a\nCOPY src /src\n", tmp_path) is None
    assert guessed(below, "FROM a\nCOPY lib /lib\n") == tmp_path / "repository"


def test_a_home_folder_is_no_context(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".git").mkdir()
    (tmp_path / "src").mkdir()
    text = "FROM a\nCOPY src /src\n"
    assert guessed(tmp_path / "Dockerfile", text, tmp_path) is None
    assert guessed(tmp_path / "project" / "Dockerfile", text, tmp_path) is None
    assert guessed(tmp_path / "project" / "Dockerfile", "FROM a\n") == tmp_path / "project"


def test_a_dockerignore_beside_it_speaks_for_its_folder(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "dist").mkdir()
    below = tmp_path / "web" / "Dockerfile"
    text = "FROM a\nCOPY dist /dist\n"
    assert guessed(below, text) == tmp_path
    (tmp_path / "web" / ".dockerignore").write_text("x\n")
    assert guessed(below, text) == tmp_path / "web"
    assert guessed(below, "FROM a\nCOPY not-made-yet /x\n") == tmp_path / "web"
    (tmp_path / "web" / "start.sh").write_text("")
    assert guessed(below, f"{text}COPY web/start.sh /\n") == tmp_path


def test_a_stated_context_holds_for_all(tmp_path: Path) -> None:
    below = tmp_path / "docker" / "Dockerfile"
    found = around(below, HOSTS, context=tmp_path)
    assert found.context_is_certain
    assert found.context is not None and found.context.root == tmp_path
    (below.parent / "compose.yaml").write_text("services: {a: {build: {context: ., target: t}}}\n")
    found = around(below, HOSTS, context=tmp_path)
    assert found.context is not None and found.context.root == tmp_path
    assert found.targets == ("t",)


def test_what_cannot_be_read_is_said_once(tmp_path: Path) -> None:
    (tmp_path / ".dockerignore").write_text("[\n")
    (tmp_path / "compose.yaml").write_text("a: [\n")
    near = Neighbourhood(config.Config(config.Settings(), tmp_path, None))
    for name in ("Dockerfile", "Dockerfile.dev"):
        assert near.of(tmp_path / name, parse("FROM a\nCOPY . .\n")).context is None
    compose, ignore = near.problems
    assert "compose.yaml: not valid YAML" in compose
    assert ".dockerignore: invalid pattern '['" in ignore


def test_a_context_has_the_folder_that_a_glob_is_in(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "docker").mkdir()
    (tmp_path / "docker" / "a.conf").touch()
    path = tmp_path / "docker" / "Dockerfile"
    file = parse("FROM debian:13\nCOPY . /app\nCOPY ./docker/*.conf /etc/\n", str(path))
    assert guess_context(path, file, tmp_path) == tmp_path

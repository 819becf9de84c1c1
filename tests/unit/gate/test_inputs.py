"""Which services a change touches."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from engine_fixtures import git, write

from imgopt import config
from imgopt.errors import BuildFailed, ConfigError
from imgopt.gate.base import base_of
from imgopt.gate.inputs import Touched, touched
from imgopt.project.services import images

DOCKERFILE = """\
ARG VERSION=1.37
FROM busybox:$VERSION AS build
ARG FLAVOUR=plain
COPY app /app
RUN cat /app/main > /program
FROM busybox:1.37
COPY --from=build /program /
CMD ["/program"]
"""
TOML = """\
[services.web]
build_args = { FLAVOUR = "plain" }
contexts = { shared = "shared" }
[services.api]
context = "api"
"""


def commit(root: Path, subject: str) -> None:
    git(root, "add", "-A")
    who = ("-c", "user.name=t", "-c", "user.email=t@example.invalid")
    git(root, *who, "commit", "--allow-empty", "-qm", subject)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    write(tmp_path, {
        "Dockerfile": DOCKERFILE, "app/main": "1\n", "imgopt.toml": TOML, "shared/x": "x\n",
        "api/Dockerfile": "FROM busybox:1.37\nCOPY . /srv\n", "api/main": "1\n",
        ".gitignore": "*.pyc\nnode_modules/\n", "README": "x\n",
    })  # fmt: skip
    git(tmp_path, "init", "-q", "-b", "main")
    commit(tmp_path, "First")
    git(tmp_path, "switch", "-q", "-c", "change")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def against_main(root: Path) -> dict[str, Touched]:
    settings = config.load(root)
    with base_of(root, "main") as base:
        found = touched(images(settings, root), settings, root, base)
    return {one.image.name: one for one in found}


def edit(path: str, old: str, new: str) -> Callable[[Path], object]:
    def change(root: Path) -> None:
        text = (root / path).read_text()
        assert old in text
        (root / path).write_text(text.replace(old, new))

    return change


@pytest.mark.parametrize(
    "change",
    [
        edit("README", "x", "y"),
        edit("Dockerfile", "CMD", "# a comment\nEXPOSE 80\nCMD"),
        edit("Dockerfile", "COPY app /app", "COPY  app   /app"),
        lambda root: write(root, {"api/a.pyc": "compiled", "api/node_modules/x/y": "z"}),
        lambda root: (root / "api" / "main").chmod(0o666),
        lambda root: (root / "api" / "main").touch(),
    ],
)
def test_what_no_build_depends_on_touches_nothing(
    project: Path, change: Callable[[Path], object]
) -> None:
    change(project)
    found = against_main(project)
    assert {name: one.why for name, one in found.items()} == {"web": (), "api": ()}
    assert all(one.older is not None for one in found.values())


@pytest.mark.parametrize(
    ("change", "service", "why"),
    [
        (edit("app/main", "1", "2"), "web", "line 4: app/main changed"),
        (lambda root: write(root, {"app/new": "x"}), "web", "line 4: app/new is new"),
        (lambda root: (root / "api" / "main").unlink(), "api", "line 2: main is gone"),
        (lambda root: (root / "api" / "main").chmod(0o755), "api", "line 2: main changed"),
        (edit("Dockerfile", "VERSION=1.37", "VERSION=1.36"), "web",
         "line 2: the instruction's text has changed"),
        (edit("Dockerfile", "RUN cat /app/main > /program\n", "RUN a\nRUN b\n"), "web",
         "line 5: the instruction's text has changed"),
        (edit("Dockerfile", "RUN cat /app/main > /program\n", ""), "web",
         "an instruction is gone"),
        (edit("imgopt.toml", "plain", "rich"), "web",
         "line 5: variable FLAVOUR changed (a RUN sees every ARG and ENV before it)"),
        (edit("shared/x", "x", "y"), "web", "the build context shared has changed"),
    ],
)  # fmt: skip
def test_what_a_build_depends_on_touches_its_service_alone(
    project: Path, change: Callable[[Path], object], service: str, why: str
) -> None:
    change(project)
    for _ in ("dirty", "committed"):
        found = against_main(project)
        assert why in found[service].why
        (other,) = set(found) - {service}
        assert found[other].why == ()
        commit(project, "Change")


def test_files_that_git_ignores_are_named_where_a_copy_takes_them(project: Path) -> None:
    write(project, {"api/a.pyc": "compiled", "b.pyc": "", "app/main": "2\n"})
    found = against_main(project)
    assert found["web"].only_here == ()  # b.pyc is in no COPY
    (project / "api" / "main").write_text("2\n")
    assert against_main(project)["api"].only_here == ("a.pyc",)


def test_a_service_that_the_base_does_not_have_is_new(project: Path) -> None:
    write(project, {"new/Dockerfile": "FROM busybox:1.37\n"})
    with (project / "imgopt.toml").open("a") as file:
        file.write('[services.new]\ncontext = "new"\n')
    found = against_main(project)
    assert found["new"].older is None
    assert "does not have it" in found["new"].why[0]
    assert found["api"].why == ()


def test_what_main_did_meanwhile_is_not_the_changes(project: Path) -> None:
    (project / "app" / "main").write_text("2\n")
    commit(project, "Mine")
    git(project, "switch", "-q", "main")
    (project / "api" / "main").write_text("theirs\n")
    commit(project, "Theirs")
    git(project, "switch", "-q", "change")
    found = against_main(project)
    assert (found["web"].why != (), found["api"].why) == (True, ())


def test_a_compose_file_that_moves_a_service(project: Path) -> None:
    (project / "imgopt.toml").unlink()
    compose = "services:\n  api:\n    build:\n      context: {}\n"
    (project / "compose.yaml").write_text(compose.format("api"))
    commit(project, "Compose")
    git(project, "branch", "-f", "main")
    git(project, "mv", "api", "backend")
    (project / "compose.yaml").write_text(compose.format("backend"))
    found = against_main(project)
    assert found["api"].older is not None
    assert found["api"].older.context.name == "api"
    assert found["api"].why == ()


def test_dockerfiles_that_cannot_be_parsed(project: Path) -> None:
    good = (project / "Dockerfile").read_text()
    (project / "Dockerfile").write_text("FROM busybox\nRUN <<X\n")
    with pytest.raises(BuildFailed, match="Dockerfile:2"):
        against_main(project)
    commit(project, "Break it")
    git(project, "branch", "-f", "main")
    (project / "Dockerfile").write_text(good)
    assert against_main(project)["web"].why == ("its Dockerfile could not be parsed before",)


def test_where_there_is_no_base(project: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    for reference in ("nope", "", "--help", "main:Dockerfile", "\x1b[31m"):
        with pytest.raises(ConfigError, match="git knows no commit"), base_of(project, reference):
            raise AssertionError
    outside = tmp_path_factory.mktemp("outside")
    with pytest.raises(ConfigError, match="is in no git repository"), base_of(outside, "main"):
        raise AssertionError
    assert git(project, "worktree", "list").count("\n") == 1

"""What lies around a Dockerfile: services of imgopt.toml beside those of compose."""

from __future__ import annotations

from pathlib import Path

from imgopt import config
from imgopt.dockerfile.parse import parse
from imgopt.facts.surroundings import Neighbourhood
from imgopt.lint.check import lint_bytes
from imgopt.lint.selection import choose_rules

TEXT = "FROM a AS dev\nFROM a AS prod\n"
COMPOSE = """\
services:
  web:
    build: {context: ., target: dev}
  api:
    build: {context: ., target: prod}
"""


def targets(root: Path) -> tuple[str, ...]:
    near = Neighbourhood(config.load(root))
    return near.of(root / "Dockerfile", parse(TEXT)).targets


def test_configured_services_add_to_those_of_compose(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text(TEXT)
    (tmp_path / "docker-compose.yml").write_text(COMPOSE)
    assert targets(tmp_path) == ("dev", "prod")
    (tmp_path / "imgopt.toml").write_text('[services.other]\ncontext = "elsewhere"\n')
    assert targets(tmp_path) == ("dev", "prod")
    (tmp_path / "imgopt.toml").write_text('[services.web]\ntarget = "prod"\n')
    assert targets(tmp_path) == ("prod",)  # in place of the compose service of its name


def test_images_that_the_project_builds_are_its_own(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text(TEXT)
    compose = "services:\n  base: {image: local/Base, build: .}\n  db: {image: postgres}\n"
    (tmp_path / "docker-compose.yml").write_text(compose)
    near = Neighbourhood(config.load(tmp_path))
    assert near.of(tmp_path / "Dockerfile", parse(TEXT)).made_here == {"local/base"}


def test_a_build_context_that_an_unread_bake_file_makes_is_no_floating_base(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM deps\n")
    near = Neighbourhood(config.load(tmp_path))

    def found() -> int:
        around = near.of(tmp_path / "Dockerfile", parse("FROM deps\n"))
        rules = choose_rules(["IMG501"], [])
        return len(lint_bytes(b"FROM deps\n", "Dockerfile", rules, around).findings)

    assert found() == 1
    (tmp_path / "board.hcl").write_text('target deps {\n  target = "deps"\n}\n')
    assert found() == 0

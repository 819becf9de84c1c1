from __future__ import annotations

import json
from pathlib import Path

import pytest
from engine_fixtures import write

from imgopt import config
from imgopt.errors import ConfigError
from imgopt.project.bake import bake_images
from imgopt.project.compose import compose_images
from imgopt.project.image import Image
from imgopt.project.nearby import Nearby, names_target
from imgopt.project.services import configured


def images(root: Path) -> dict[str, Image]:
    return {image.name: image for image in compose_images(root / "docker-compose.yml")}


def test_override_profiles_and_env(tmp_path: Path) -> None:
    write(tmp_path, {
        ".env": "TAG=prod\n",
        "docker-compose.yml": """
services:
  web:
    build: {context: web, target: "${TAG:-dev}", args: [A=1, B=2]}
    healthcheck: {test: [CMD, x]}
  tool:
    profiles: [tools]
    build: tool
  db:
    image: postgres:17
""",
        "docker-compose.override.yml": """
services:
  web:
    build: {dockerfile: Dockerfile.dev, args: {B: 3}}
    ports: !reset []
""",
    })  # fmt: skip
    found = images(tmp_path)
    assert set(found) == {"web", "tool"}
    web = found["web"]
    assert web.dockerfile == tmp_path / "web" / "Dockerfile.dev"
    assert (web.target, dict(web.build_args)) == ("prod", {"A": "1", "B": "3"})
    assert web.has_healthcheck is True
    assert found["tool"].has_healthcheck is None


def test_extends_and_include_keep_paths_where_they_were_written(tmp_path: Path) -> None:
    write(tmp_path, {
        "docker-compose.yml": """
include: [other/compose.yaml]
services:
  web:
    extends: {file: base/common.yml, service: base}
    build: {target: web}
  again:
    extends: web
  loop:
    extends: loop
    build: .
""",
        "base/common.yml": """
services:
  base:
    build: {context: src, args: {X: 1}}
    healthcheck: {disable: true}
""",
        "other/compose.yaml": "services: {far: {build: .}}\n",
    })  # fmt: skip
    found = images(tmp_path)
    assert found["web"].context == tmp_path / "base" / "src"
    assert (found["web"].target, found["again"].target) == ("web", "web")
    assert dict(found["again"].build_args) == {"X": "1"}
    assert found["web"].has_healthcheck is False
    assert found["far"].context == tmp_path / "other"
    assert found["loop"].context == tmp_path


def test_bad_files_are_one_message_or_nothing(tmp_path: Path) -> None:
    for text in ("", "services: 3", "[]", "services: {a: 3, b: {build: 7}}", "include: 3"):
        write(tmp_path, {"docker-compose.yml": text})
        assert images(tmp_path) == {}
    write(tmp_path, {"docker-compose.yml": "a: [\n"})
    with pytest.raises(ConfigError, match="not valid YAML"):
        images(tmp_path)


def test_bake_targets(tmp_path: Path) -> None:
    text = json.dumps({"target": {
        "app": {"context": "app", "dockerfile": "D", "target": "prod", "args": {"A": "1"},
                "contexts": {"base": "target:base"}},
        "far": {"context": "https://example.com/x.git"},
    }})  # fmt: skip
    (app,) = bake_images(text, tmp_path / "docker-bake.json")
    assert (app.name, app.dockerfile, app.target) == ("app", tmp_path / "app" / "D", "prod")
    assert dict(app.contexts) == {"base": "target:base"}
    for text in ("nonsense", '{"target": {"a": ' * 50_000):
        with pytest.raises(ConfigError, match=r"docker-bake\.json: its targets are unknown"):
            bake_images(text, tmp_path / "docker-bake.json")


def test_paths_that_no_file_system_has_are_said_or_passed_over(tmp_path: Path) -> None:
    long = "n" * 300
    write(tmp_path, {"docker-compose.yml": f"""
include: [{long}]
services:
  a:
    build: {{context: {long}, dockerfile: {long}, additional_contexts: {{n: {long}}}}}
    extends: {{service: b, file: {long}}}
"""})  # fmt: skip
    assert list(images(tmp_path)) == ["a"]
    write(tmp_path, {"docker-compose.yml": 'services: {a: {build: {context: "a\\0b"}}}\n'})
    with pytest.raises(ConfigError, match=r"docker-compose\.yml: service 'a': .*null byte"):
        images(tmp_path)
    with pytest.raises(ConfigError, match=r"docker-bake\.json: .*null byte"):
        bake_images('{"target": {"a": {"context": "a\\u0000b"}}}', tmp_path / "docker-bake.json")
    write(tmp_path, {"imgopt.toml": '[services.a]\ncontext = "a\\u0000b"\n'})
    with pytest.raises(ConfigError, match=r"imgopt\.toml: \[services\.a\]: .*null byte"):
        configured(config.load(tmp_path))


def test_projects_of_all_names_beside_and_above(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    names = (
        "compose.yaml",
        "compose.override.yaml",
        "compose.prod.yaml",
        "web/docker-compose.x.yml",
    )
    write(tmp_path, dict.fromkeys(names, "services: {}\n"))
    usual, prod, beside = (tmp_path / names[0], tmp_path / names[2], tmp_path / names[3])
    assert Nearby().compose_projects(tmp_path / "web") == [(beside,), (usual,), (usual, prod)]


def test_a_script_or_a_workflow_names_a_target(tmp_path: Path) -> None:
    write(tmp_path, {
        ".git/HEAD": "x",
        "Makefile": "a:\n\tdocker build --target=Prod .\n",
        ".github/workflows/ci.yml": "with:\n  target: check\n",
    })  # fmt: skip
    folder = tmp_path / "docker" / "web"
    assert names_target(folder, ["prod"])
    assert names_target(folder, ["check"])
    assert not names_target(folder, ["other"])

from __future__ import annotations

from pathlib import Path

import pytest

from imgopt import config
from imgopt.errors import ConfigError
from imgopt.project.environment import interpolate
from imgopt.project.image import Image
from imgopt.project.services import Changes, images, select

COMPOSE = """\
services:
  api: &api
    build:
      context: ./backend
      target: ${TARGET:-prod}
      args: [A=1, "B=${B}"]
  worker:
    <<: *api
  web:
    build: web
  db:
    image: postgres:17
  remote:
    build: https://example.com/repo.git
"""


def test_a_budget_alone_leaves_the_build_to_compose(tmp_path: Path) -> None:
    (tmp_path / "docker-compose.yml").write_text(COMPOSE)
    toml = tmp_path / "imgopt.toml"
    toml.write_text("[services.api.budget]\nsize = '1 MB'\n[services.own.budget]\ncold = 3\n")
    known = {image.name: image for image in images(config.load(tmp_path), tmp_path)}
    assert known["api"].context == (tmp_path / "backend").resolve()
    assert known["own"].context == tmp_path.resolve()  # compose has none of that name
    toml.write_text("[services.api]\nnetwork = 'none'\n[services.api.budget]\nsize = '1 MB'\n")
    known = {image.name: image for image in images(config.load(tmp_path), tmp_path)}
    assert known["api"].context == tmp_path.resolve()


def test_services_of_compose(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "docker-compose.yml").write_text(COMPOSE)
    (tmp_path / ".env").write_text("B=2\n")
    monkeypatch.delenv("TARGET", raising=False)
    known = images(config.load(tmp_path), tmp_path)
    assert [i.name for i in known] == ["api", "worker", "web"]
    api = known[0]
    assert (api.target, dict(api.build_args)) == ("prod", {"A": "1", "B": "2"})
    assert api.dockerfile == (tmp_path / "backend" / "Dockerfile").resolve()
    assert chosen(tmp_path) == ["api", "web"]
    assert chosen(tmp_path, "worker") == ["worker"]
    with pytest.raises(ConfigError, match="unknown service 'wrker'; did you mean 'worker'"):
        chosen(tmp_path, "wrker")


def chosen(root: Path, *words: str, **changes: object) -> list[str]:
    found = select(config.load(root), root, words, Changes(**changes))  # type: ignore[arg-type]
    return [image.name for image in found]


def test_named_contexts(tmp_path: Path) -> None:
    (tmp_path / "compose.yml").write_text(
        "services:\n a:\n  build:\n   context: .\n   additional_contexts:\n"
        "    lib: ../lib\n    base: docker-image://debian:12\n"
    )
    known = images(config.load(tmp_path), tmp_path)
    assert dict(known[0].contexts) == {
        "lib": str((tmp_path / "../lib").resolve()), "base": "docker-image://debian:12",
    }  # fmt: skip


def test_configured_services_are_added_and_replace_those_of_their_name(tmp_path: Path) -> None:
    (tmp_path / "docker-compose.yml").write_text(COMPOSE)
    (tmp_path / "imgopt.toml").write_text(
        '[services.x]\ncontext = "sub"\n[services.api]\ncontext = "other"\n'
    )
    known = images(config.load(tmp_path), tmp_path)
    assert [(i.name, i.context.name) for i in known] == [
        ("x", "sub"), ("api", "other"), ("worker", "backend"), ("web", "web"),
    ]  # fmt: skip


def test_a_folder_is_built_as_docker_build_does(tmp_path: Path) -> None:
    (tmp_path / "docker-compose.yml").write_text(COMPOSE)
    for name in ("web", "backend", "tools"):
        (tmp_path / name).mkdir()
    load = config.load(tmp_path)
    (tools,) = select(load, tmp_path, ["./tools"])
    assert tools == Image("tools", tmp_path / "tools", tmp_path / "tools" / "Dockerfile")
    assert chosen(tmp_path, "web", "tools") == ["web", "tools"]
    assert chosen(tmp_path, "./web") == ["web"]  # the same build as the service
    assert chosen(tmp_path, "./backend") == ["backend"]  # api has a target of its own
    (tmp_path / "api").mkdir()
    assert chosen(tmp_path, "./api") == ["./api"]  # another build than the service
    with pytest.raises(ConfigError, match=r"\./none: no such folder"):
        chosen(tmp_path, "./none")


def test_another_dockerfile_target_and_arguments(tmp_path: Path) -> None:
    (tmp_path / "docker-compose.yml").write_text(COMPOSE)
    (tmp_path / "backend").mkdir()
    load = config.load(tmp_path)
    file = tmp_path / "backend" / "Dockerfile"
    (api,) = select(load, tmp_path, ["api"], Changes(Path("/x/D"), "dev", {"A": "9", "N": "1"}))
    assert (api.dockerfile, api.target) == (Path("/x/D"), "dev")
    assert dict(api.build_args) == {"A": "9", "B": "", "N": "1"}
    assert chosen(tmp_path, dockerfile=file) == ["api"]  # the service that is built from it
    (here,) = select(load, tmp_path, [], Changes(tmp_path / "Dockerfile.other"))
    assert (here.name, here.context) == (tmp_path.name, tmp_path)
    with pytest.raises(ConfigError, match="--file needs a single service: name one"):
        chosen(tmp_path, "api", "web", dockerfile=file)


def test_a_broken_compose_file_does_not_matter_to_what_is_named(tmp_path: Path) -> None:
    (tmp_path / "compose.yaml").write_text("services: [\n")
    (tmp_path / "imgopt.toml").write_text("[services.x]\n")
    assert chosen(tmp_path, "x", "./") == ["x", "x"]
    with pytest.raises(ConfigError, match="not valid YAML"):
        chosen(tmp_path)


def test_without_anything_to_build_the_ways_out_are_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no services: write"):
        chosen(tmp_path)
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")
    assert chosen(tmp_path) == [tmp_path.name]


def test_broken_yaml_is_one_message(tmp_path: Path) -> None:
    (tmp_path / "compose.yaml").write_text("services: [\n")
    with pytest.raises(ConfigError, match="not valid YAML"):
        images(config.load(tmp_path), tmp_path)


@pytest.mark.parametrize(
    ("text", "value"),
    [("$A-${A}", "1-1"), ("${X:-d}", "d"), ("${E:-d}", "d"), ("${E-d}", ""), ("$$A", "$A"),
     ("${A:+y}", "y"), ("${X:+y}", ""), ("${X?no}", "")],
)  # fmt: skip
def test_interpolation(text: str, value: str) -> None:
    assert interpolate(text, {"A": "1", "E": ""}) == value


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[servces.a]\n", "unknown key 'servces'; did you mean 'services'"),
        ("[services.a]\ndockerfil = 'x'\n", "services.a.dockerfil"),
        ("[bench]\nruns = 0\n", "runs"),
        ("[lint]\nfail-on = 'bad'\n", "fail-on|fail_on|pattern"),
        ("a = \n", "not valid TOML"),
    ],
)
def test_wrong_configuration_says_where(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "imgopt.toml").write_text(text)
    with pytest.raises(ConfigError, match=words):
        config.load(tmp_path)

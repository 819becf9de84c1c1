from __future__ import annotations

from pathlib import Path

import pytest

from imgopt import config
from imgopt.errors import ConfigError
from imgopt.project.compose import interpolate
from imgopt.project.services import choose, images

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


def test_services_of_compose(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "docker-compose.yml").write_text(COMPOSE)
    (tmp_path / ".env").write_text("B=2\n")
    monkeypatch.delenv("TARGET", raising=False)
    known = images(config.load(tmp_path), tmp_path)
    assert [i.name for i in known] == ["api", "worker", "web"]
    api = known[0]
    assert (api.target, dict(api.build_args)) == ("prod", {"A": "1", "B": "2"})
    assert api.dockerfile == (tmp_path / "backend" / "Dockerfile").resolve()
    assert [i.name for i in choose(known, [])] == ["api", "web"]
    assert [i.name for i in choose(known, ["worker"])] == ["worker"]
    with pytest.raises(ConfigError, match="unknown service 'wrker'; did you mean 'worker'"):
        choose(known, ["wrker"])


def test_named_contexts(tmp_path: Path) -> None:
    (tmp_path / "compose.yml").write_text(
        "services:\n a:\n  build:\n   context: .\n   additional_contexts:\n"
        "    lib: ../lib\n    base: docker-image://debian:12\n"
    )
    known = images(config.load(tmp_path), tmp_path)
    assert dict(known[0].contexts) == {
        "lib": str((tmp_path / "../lib").resolve()), "base": "docker-image://debian:12",
    }  # fmt: skip


def test_configured_services_come_first(tmp_path: Path) -> None:
    (tmp_path / "docker-compose.yml").write_text(COMPOSE)
    (tmp_path / "imgopt.toml").write_text('[services.x]\ncontext = "sub"\n')
    known = images(config.load(tmp_path), tmp_path)
    assert [(i.name, i.dockerfile) for i in known] == [("x", tmp_path / "sub" / "Dockerfile")]


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

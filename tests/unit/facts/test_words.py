"""Tables of words: each case is a look-alike of the next."""

from __future__ import annotations

import pytest

from imgopt.dockerfile.parse import parse
from imgopt.dockerfile.shell import Command
from imgopt.facts.artifacts import artifacts
from imgopt.facts.fetches import fetched_file
from imgopt.facts.file import FileFacts
from imgopt.facts.leftovers import LEFTOVERS, leftover_names
from imgopt.facts.managers import MANAGERS
from imgopt.facts.moving import is_moving, is_moving_url
from imgopt.facts.packages import is_build_tool, is_debug_tool
from imgopt.facts.placeholders import is_placeholder, is_real
from imgopt.facts.programs import OF_FULL_IMAGES, named_in, runs_its_input
from imgopt.facts.purpose import is_development_name, is_sample_file
from imgopt.facts.secret_files import holds_secret, kind_of


def command(text: str) -> Command:
    (stage,) = FileFacts(parse(f"FROM debian:12\nRUN {text}\n")).stages
    return stage.steps[0].commands[0]


@pytest.mark.parametrize(
    ("text", "file"),
    [
        ("curl -fsSLo /tmp/a.tgz https://example.com/a.tgz", "/tmp/a.tgz"),
        ("curl --output a.tgz https://example.com/b.tgz", "a.tgz"),
        ("curl -O https://example.com/a.tgz?raw=1", "a.tgz"),
        ("curl -o - https://example.com/a.tgz", None),
        ("curl https://example.com/a.tgz", None),
        ("wget https://example.com/a.tgz", "a.tgz"),
        ("wget -qO b.tgz https://example.com/a.tgz", "b.tgz"),
        ("wget https://example.com/a https://example.com/b", None),
        ("curl -fsSLo/tmp/a.tgz https://example.com/b.tgz", "/tmp/a.tgz"),
        ("curl --output=a.tgz https://example.com/b.tgz", "a.tgz"),
        ("curl --output-dir /opt -O https://example.com/a.tgz", "/opt/a.tgz"),
        ("wget -O/tmp/b.tgz https://example.com/a.tgz", "/tmp/b.tgz"),
        ("wget --output-document=b.tgz https://example.com/a.tgz", "b.tgz"),
        ("wget -qP /opt https://example.com/a.tgz", "/opt/a.tgz"),
        ("wget -qO- https://example.com/a.tgz", None),
        ("git clone https://example.com/a.git", None),
    ],
)
def test_fetched_file(text: str, file: str | None) -> None:
    assert fetched_file(command(text)) == file


@pytest.mark.parametrize(
    ("text", "for_web_server", "paths"),
    [
        ("go build -o bin/app ./cmd", False, ["/src/bin/app"]),
        ("go build ./cmd", False, []),
        ('go build -o "$OUT" ./cmd', False, []),
        ("cargo build --release", False, ["/src/target/release"]),
        ("cargo build", False, []),
        ("npm run build", True, ["/src/dist (or build)"]),
        ("npm run build", False, []),
        ("mvn -q package", False, ["/src/target/*.jar"]),
    ],
)
def test_artifacts(text: str, for_web_server: bool, paths: list[str]) -> None:
    assert list(artifacts(command(text), "/src", for_web_server, MANAGERS)) == paths


@pytest.mark.parametrize(
    ("url", "moves"),
    [
        ("https://github.com/a/b/releases/latest/download/c", True),
        ("https://github.com/a/b/archive/main.tar.gz", True),
        ("https://github.com/a/b/archive/main-2.0.tar.gz", False),
        ("https://raw.githubusercontent.com/a/b/HEAD/x.sh", True),
        ("https://raw.githubusercontent.com/a/b/v1.2/x.sh", False),
        ("https://example.com/get?from=/latest/", False),
    ],
)
def test_moving_urls(url: str, moves: bool) -> None:
    assert is_moving_url(url) is moves


def test_moving_references() -> None:
    assert is_moving("HEAD")
    assert not is_moving("v1.2.3")


@pytest.mark.parametrize(
    ("path", "text", "secret"),
    [
        (".env", "DB_PASSWORD=hunter22\n", True),
        (".env", "DB_PASSWORD=change-me\n", False),
        (".env", "DB_PASSWORD=none\n", False),
        (".env.example", "DB_PASSWORD=hunter22\n", False),
        ("deploy/prod.env", "export API_KEY='k8s-3f9a'\n", True),
        ("home/.npmrc", "//registry.example.com/:_authToken=abc\n", True),
        ("home/.npmrc", "//registry.example.com/:_authToken=${TOKEN}\n", False),
        ("home/.aws/credentials", "aws_secret_access_key = x\n", True),
        ("credentials", "aws_secret_access_key = x\n", False),
        ("tests/key.pem", "-----BEGIN PRIVATE KEY-----\n", False),
        ("key.pem", "-----BEGIN PRIVATE KEY-----\n", True),
        ("key.pem", "-----BEGIN CERTIFICATE-----\n", False),
    ],
)
def test_secret_files(path: str, text: str, secret: bool) -> None:
    kind = kind_of(path)
    assert (kind is not None and holds_secret(kind, text)) is secret


def test_placeholders() -> None:
    assert all(map(is_placeholder, ("", "changeme", "Change-Me", "null", "placeholder")))
    assert not is_placeholder("hunter22")
    assert is_real("hunter22")
    assert not any(map(is_real, ("your-key", "<token>", "$TOKEN", "xxxxxxxx", "abc", "false")))


def test_purposes() -> None:
    assert is_development_name("api-dev")
    assert is_development_name("requirements-test.txt")
    assert not is_development_name("device")
    assert is_sample_file("config/settings.example.json")
    assert not is_sample_file("config/settings.json")


def test_packages_and_programs() -> None:
    assert all(map(is_build_tool, ("gcc-12", "libpq-dev=15", "g++", "openjdk-17-jdk")))
    assert not any(map(is_build_tool, ("libpq5", "openjdk-17-jre", "fonts-dev-data")))
    assert is_debug_tool("vim=9.0")
    assert named_in("use g++ and pg_config, not gitk", OF_FULL_IMAGES) == {"g++", "pg_config"}
    assert runs_its_input("python3")
    assert runs_its_input("sh")
    assert not runs_its_input("tee")


def test_leftovers() -> None:
    by_name = {each.name: each for each in LEFTOVERS}
    assert leftover_names("web/node_modules/a.js") == {"node_modules"}
    assert not leftover_names("web/node_modules.md")
    assert leftover_names("a.log/.env") == {"*.log", ".env"}
    assert by_name[".git"].is_wanted("RUN git describe")
    assert not by_name[".git"].is_wanted("RUN make digit")
    assert by_name["*.log"].is_wanted("COPY *.log /")

"""What the names of files and stages say about what they are for: production or not, a sample."""

from __future__ import annotations

from collections.abc import Mapping

from imgopt.dockerfile.shell import SHELLS
from imgopt.regex import lazy

# A part of a name that says: for developers, tests or CI, not for production.
DEVELOPMENT_WORDS = frozenset(
    (
        "dev develop development devel debug devcontainer devcontainers test tests testing"
        " lint ci e2e local bench gitpod cypress playwright"
    ).split()
)
# A part of a stage's name that says: this is what is delivered.
PRODUCTION_WORDS = frozenset("prod production release final runtime runner app server".split())
# A part of a stage's name that says: other stages are made of it.
BUILD_WORDS = frozenset("base build builder building deps dependencies vendor".split())
# A part of a name that says: people, or agents, work in the container; it serves nothing.
WORKPLACE_WORDS = frozenset(
    "sandbox toolbox tools toolbelt shell kali pentest workstation workspace agent".split()
)
# What keeps a container up for somebody to work in it.
IDLE_PROGRAMS = SHELLS | {"sleep", "tail", "init", "pause"}
# Parts of a name, or of a path, that say: a sample, made to be copied or tested with.
_SAMPLE_NAME = lazy(r"example|sample|template|dist|default|\.(md|py|js|ts|go|rs|rb|java)$|test")
_SAMPLE_PATH = lazy(r"node_modules/|test|example")
# Variables of frameworks that tell what a program runs for, and their values for development.
_MODES = (
    "NODE_ENV", "FLASK_ENV", "FLASK_DEBUG", "RAILS_ENV", "RACK_ENV", "APP_ENV", "APP_DEBUG",
    "DJANGO_ENV", "ASPNETCORE_ENVIRONMENT", "MIX_ENV",
)  # fmt: skip
_DEVELOPS = frozenset({"development", "dev", "local", "test", "1", "true"})
_PARTS = lazy(r"[-_.]")


def is_development_name(name: str) -> bool:
    """Whether a stage's name, or a file's, says that it is for development or tests."""
    return bool(DEVELOPMENT_WORDS.intersection(_PARTS.split(name.lower())))


def says_development(env: Mapping[str, str | None]) -> bool:
    """Whether variables of an image say that it is for development."""
    return any((env[name] or "").lower() in _DEVELOPS for name in _MODES if name in env)


def is_mode(name: str) -> bool:
    """Whether a variable tells what a program runs for: production or development."""
    return name in _MODES


def is_production_name(name: str) -> bool:
    """Whether a stage's name says that it is what is delivered."""
    return bool(PRODUCTION_WORDS.intersection(_PARTS.split(name.lower())))


def is_build_name(name: str) -> bool:
    """Whether a stage's name says that other stages are made of it."""
    return bool(BUILD_WORDS.intersection(_PARTS.split(name.lower())))


def is_development_file(path: str) -> bool:
    """Whether a Dockerfile's name or folder says that it makes no production image.

    Of an absolute path only the name counts: where a project lies on a machine says nothing.
    """
    parts = path.lower().replace("\\", "/").split("/")
    return ".devcontainer" in parts or not DEVELOPMENT_WORDS.isdisjoint(_told(path))


def _told(path: str) -> frozenset[str]:
    """The words of a file's name and of the folders that tell something."""
    path = path.lower().replace("\\", "/")
    parts = path.split("/")
    told = parts[-1:] if path.startswith("/") or ":" in parts[0] else parts[-3:]
    return frozenset(word for part in told for word in _PARTS.split(part))


def is_workplace(path: str) -> bool:
    """Whether a Dockerfile's name or folder says that it makes an image to work in."""
    return not WORKPLACE_WORDS.isdisjoint(_told(path))


def is_sample_file(path: str) -> bool:
    """Whether a file is a sample, documentation, or a fixture of tests."""
    path = path.lower()
    return bool(_SAMPLE_NAME.search(path.rpartition("/")[2]) or _SAMPLE_PATH.search(path))

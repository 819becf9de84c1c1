"""The formats that there are: `formats/SUBJECT_NAME.py` is one, and has `render`.

Every format has one signature, `render(result, options) -> str`: a new one is one file. What a
result is depends on the subject: for lint a sequence of FileResult, for bench a BenchResult, for
image an ImageRecord, for why a Foresight, for rules a sequence of Rule. The formats of a report
make files: theirs returns a mapping of names to bytes.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from typing import Any, Protocol, cast

import msgspec

import imgopt.formats
from imgopt.errors import ConfigError

# What people wrote before the formats of all commands had one name each.
ALIASES = {"table": "text"}


class Options(msgspec.Struct, frozen=True):
    """How a result is shown.

    `width` in columns; `terminal` when a person reads it there, so that lines may wrap; `color`
    for styles; `top` is the most rows of a list (0: none); `repository` is where the forge has
    it, for links to commits.
    """

    width: int = 100
    terminal: bool = False
    color: bool = False
    top: int = 10
    repository: str = ""


class Format(Protocol):
    """The module of a format."""

    def render(self, result: Any, options: Options) -> str:
        """The result as text, with a newline at its end."""
        ...


class FileFormat(Protocol):
    """The module of a format that makes files."""

    def render(self, result: Any, options: Options) -> Mapping[str, bytes]:
        """Names of files, without folders, and what is in them."""
        ...


def names(subject: str) -> list[str]:
    """The names of a subject's formats, text first."""
    prefix = f"{subject}_"
    found = (entry.name for entry in pkgutil.iter_modules(imgopt.formats.__path__))
    chosen = [name.removeprefix(prefix) for name in found if name.startswith(prefix)]
    return sorted(chosen, key=lambda name: (name != "text", name))


def find(subject: str, name: str) -> Format:
    """The format of that name or alias; ConfigError when there is none."""
    return cast(Format, _module(subject, name))


def find_files(subject: str, name: str) -> FileFormat:
    """The same for a subject whose formats make files."""
    return cast(FileFormat, _module(subject, name))


def _module(subject: str, name: str) -> object:
    name = ALIASES.get(name, name)
    known = names(subject)
    if name not in known:
        raise ConfigError(f"{name!r} is not a format of {subject}; known: {', '.join(known)}")
    return importlib.import_module(f"imgopt.formats.{subject}_{name}")

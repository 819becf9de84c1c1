"""The formats that there are: `formats/SUBJECT_NAME.py` is one, and has `render`.

Every format has one signature, `render(result, options) -> str`: a new one is one file. What a
result is depends on the subject: for lint a sequence of FileResult, for bench a BenchResult, for
image an ImageRecord, for why a Foresight.
"""

from __future__ import annotations

import importlib
import pkgutil
from typing import Any, Protocol

import msgspec

import imgopt.formats
from imgopt.errors import ConfigError

# What people wrote before the formats of all commands had one name each.
ALIASES = {"table": "text"}


class Options(msgspec.Struct, frozen=True):
    """How a result is shown: `width` in columns, `color` for terminals, `top` for the most rows
    of a list (0: as the format likes)."""

    width: int = 100
    color: bool = False
    top: int = 0


class Format(Protocol):
    """The module of a format."""

    def render(self, result: Any, options: Options) -> str:
        """The result as text, with a newline at its end."""
        ...


def names(subject: str) -> list[str]:
    """The names of a subject's formats, text first."""
    prefix = f"{subject}_"
    found = (entry.name for entry in pkgutil.iter_modules(imgopt.formats.__path__))
    chosen = [name.removeprefix(prefix) for name in found if name.startswith(prefix)]
    return sorted(chosen, key=lambda name: (name != "text", name))


def find(subject: str, name: str) -> Format:
    """The format of that name or alias; ConfigError when there is none."""
    name = ALIASES.get(name, name)
    known = names(subject)
    if name not in known:
        raise ConfigError(f"{name!r} is not a format of {subject}; known: {', '.join(known)}")
    found: Format = importlib.import_module(f"imgopt.formats.{subject}_{name}")
    return found

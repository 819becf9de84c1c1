"""Variables of a compose project: .env files, and ${…} in the texts of compose files."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

from imgopt.files import read_regular
from imgopt.regex import lazy

_MAX_BYTES = 1_000_000
# What the variables in all texts of a project may come to, in characters.
_MAX_EXPANDED = 4_000_000
_MAX_DEPTH = 20
_BRACE = lazy(r"\$\$|\$\{|\}")
_VARIABLE = lazy(r"\$(?:(?P<dollar>\$)|\{(?P<name>\w+)(?P<operator>:?[-?+])?|(?P<bare>\w+))")


def read_env_file(path: Path) -> dict[str, str]:
    """The variables of an .env file; none where there is no such file, or a folder.

    Raises ConfigError for one that cannot be read.
    """
    if not os.path.lexists(path) or path.is_dir():
        return {}
    lines = read_regular(path, _MAX_BYTES).decode("utf-8", errors="replace").splitlines()
    pairs = (line.strip().removeprefix("export ").partition("=") for line in lines)
    return {k.strip(): v.strip().strip("\"'") for k, eq, v in pairs if eq and not k.startswith("#")}


class Interpolation:
    """Replaces ${VAR}, ${VAR:-default}, ${VAR?error}, ${VAR:+other} and $$ as compose does.

    One object serves all texts of a project: it holds the budget of what they come to.
    """

    def __init__(self, env: Mapping[str, str]) -> None:
        self._env = env
        self._left = _MAX_EXPANDED

    def __call__(self, text: str) -> str:
        """The text with its variables replaced; ValueError when the budget is spent."""
        if "$" not in text:
            return text
        return self._between(text, 0, len(text), _closings(text), 0)

    def _between(
        self, text: str, at: int, end: int, closings: Mapping[int, int], depth: int
    ) -> str:
        parts: list[str] = []
        while (match := _VARIABLE.search(text, at, end)) is not None:
            parts.append(text[at : match.start()])
            value, at = self._value(text, match, closings, depth)
            self._left -= len(value)
            if self._left < 0:
                raise ValueError("its variables expand to more text than imgopt reads")
            parts.append(value)
        parts.append(text[at:end])
        return "".join(parts)

    def _value(
        self, text: str, match: re.Match[str], closings: Mapping[int, int], depth: int
    ) -> tuple[str, int]:
        """What one reference gives, and where the text goes on behind it."""
        if match["dollar"]:
            return "$", match.end()
        if match["bare"]:
            return self._env.get(match["bare"], ""), match.end()
        operator = match["operator"] or ""
        closing = closings.get(match.start())
        if closing is None or depth > _MAX_DEPTH or not (operator or closing == match.end()):
            return match[0], match.end()
        value = self._env.get(match["name"])
        is_set = bool(value) if operator.startswith(":") else value is not None
        word = operator.endswith("+") if is_set else operator.endswith("-")
        if word:
            return self._between(text, match.end(), closing, closings, depth + 1), closing + 1
        return "" if operator.endswith("+") else value or "", closing + 1


def interpolate(text: str, env: Mapping[str, str]) -> str:
    """One text with the variables of `env` in it."""
    return Interpolation(env)(text)


def _closings(text: str) -> dict[int, int]:
    """Where each `${` of a text is closed; one that is not is left out."""
    found: dict[int, int] = {}
    opened: list[int] = []
    for match in _BRACE.finditer(text):
        if match[0] == "${":
            opened.append(match.start())
        elif match[0] == "}" and opened:
            found[opened.pop()] = match.start()
    return found

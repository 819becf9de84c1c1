"""The other linters: which there are, and those of a run as checks of a file.

Each is a module here with `check(facts) -> list[Finding]`, imported when it is asked for.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable

from imgopt.config import LINTERS
from imgopt.errors import CheckGaveUp, ConfigError, EngineError
from imgopt.facts.file import FileFacts
from imgopt.lint.check import Check
from imgopt.lint.finding import Finding


class Others:
    """The other linters of a run; one that cannot run is named once and skipped from then on.

    `problems` says what they could not do.
    """

    def __init__(self, names: Iterable[str]) -> None:
        self.problems: list[str] = []
        self._broken: set[str] = set()
        self.checks: tuple[Check, ...] = tuple(self._check(name) for name in dict.fromkeys(names))

    def _check(self, name: str) -> Check:
        if name not in LINTERS:
            raise ConfigError(f"unknown linter {name!r}; known: {', '.join(LINTERS)}")

        def check(facts: FileFacts) -> list[Finding]:
            if name in self._broken:
                return []
            try:
                linter = importlib.import_module(f"imgopt.linters.{name}")
                found: list[Finding] = linter.check(facts)
                return found
            except CheckGaveUp as error:
                self.problems.append(f"{facts.file.path}: {error}")
            except (ConfigError, EngineError) as error:
                self._broken.add(name)
                self.problems.append(f"skipped {name}: {error}")
            return []

        return check

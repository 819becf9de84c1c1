"""Bake files as JSON: asked of `docker buildx bake --print`, as long as there is a buildx."""

from __future__ import annotations

from pathlib import Path

from imgopt.errors import EngineError
from imgopt.files import UnreadableFile
from imgopt.project.bake import read_bake


class BakeFiles:
    """Turns a bake file into its definition; `problems` says which were not read, and why."""

    def __init__(self) -> None:
        self.problems: list[str] = []
        self._has_buildx: bool | None = None

    def __call__(self, file: Path) -> str | None:
        """The definition as JSON, None where nothing can tell it."""
        # Most runs meet no bake file, and need not load what talks to an engine.
        from imgopt.buildkit.buildx import bake_definition, has_buildx

        try:
            if self._has_buildx is None:
                self._has_buildx = has_buildx()
            if self._has_buildx:
                return bake_definition(file)
            if file.suffix == ".json":
                return read_bake(file)
            self.problems.append(f"{file}: skipped: reading bake files needs docker buildx")
        except UnreadableFile as error:
            self.problems.append(f"{file}: its targets are unknown: {error.reason}")
        except EngineError as error:
            self.problems.append(f"{file}: its targets are unknown: {error}")
        return None

"""The compose projects near a Dockerfile, and other files that name its stages as targets."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from imgopt.context.discovery import COMPOSE_NAMES
from imgopt.errors import ConfigError
from imgopt.files import read_regular
from imgopt.project.bake import bake_in
from imgopt.regex import lazy

_COMPOSE = lazy(r"(docker-)?compose([-._].*)?\.ya?ml")
_OVERRIDE = lazy(r"(docker-)?compose\.override\.ya?ml")
# Files of other tools that build images, and the folders beside a Dockerfile that hold them.
_BUILDS = lazy(
    r"(GNUm|m|M)akefile|.*\.mk|[Jj]ustfile|Taskfile\.ya?ml|Tiltfile|Earthfile|skaffold.*\.ya?ml"
    r"|.*\.hcl|.*\.sh|\.gitlab-ci\.ya?ml|cloudbuild.*\.ya?ml|azure-pipelines.*\.ya?ml"
    r"|devcontainer\.json|\.(drone|travis|woodpecker)\.ya?ml|package\.json|README.*\.md"
)
_WORKFLOW = lazy(r".*\.ya?ml")
_FOLDERS = ("scripts", "script", "bin", "hack", "ci", ".ci", "build", "docker", ".devcontainer")
_MANY = 200
_MAX_BYTES = 500_000
_TARGET = lazy(r"target[\"']?\s*+(?:[:=]\s*+)?[\"']?([\w.-]+)")


class Nearby:
    """Compose and bake files near folders; every folder is looked at once."""

    def __init__(self) -> None:
        self._roots: dict[Path, bool] = {}
        self._projects: dict[tuple[Path, bool], list[tuple[Path, ...]]] = {}
        self._bakes: dict[Path, Path | None] = {}

    def is_root(self, folder: Path) -> bool:
        """Whether a folder is the root of a git repository."""
        if folder not in self._roots:
            self._roots[folder] = os.path.exists(folder / ".git")
        return self._roots[folder]

    def upward(self, start: Path) -> Iterator[Path]:
        """A folder and those above it, up to the root of its git repository."""
        start = start.absolute()
        for folder in (start, *start.parents):
            yield folder
            if self.is_root(folder):
                return

    def bake_file(self, start: Path) -> Path | None:
        """The nearest bake file from `start` upward, as `find_bake` finds it."""
        for folder in self.upward(start):
            if folder not in self._bakes:
                self._bakes[folder] = bake_in(folder)
            if found := self._bakes[folder]:
                return found
        return None

    def compose_projects(self, start: Path) -> list[tuple[Path, ...]]:
        """The compose projects from `start` upward, nearest first: each a file and what is laid
        over it.

        Files of other names (compose.prod.yaml) are laid over the one of the usual name beside
        them. Outside of a git repository only those of the usual names count above `start`.
        """
        folders = list(self.upward(start))
        in_git = self.is_root(folders[-1])
        keys = [(folder, in_git or folder == folders[0]) for folder in folders]
        for key in keys:
            if key not in self._projects:
                self._projects[key] = _projects_in(*key)
        return [project for key in keys for project in self._projects[key]]


def _projects_in(folder: Path, of_any_name: bool) -> list[tuple[Path, ...]]:
    usual = [folder / name for name in COMPOSE_NAMES if (folder / name).is_file()][:1]
    found = [(path,) for path in usual]
    if not of_any_name:
        return [*found]
    names = [name for name in _names(folder) if _COMPOSE.fullmatch(name)]
    others = [n for n in names if n not in COMPOSE_NAMES and not _OVERRIDE.fullmatch(n)]
    return [*found, *((*usual, folder / name) for name in others[:_MANY])]


def names_target(start: Path, names: Iterable[str]) -> bool:
    """Whether a Makefile, workflow, script or the like from `start` up to the root of its git
    repository names one of these stages as the target of a build."""
    wanted = set(names)
    return any(
        match[1].lower() in wanted
        for file in _build_files(start)
        for match in _TARGET.finditer(_text(file))
    )


def _build_files(start: Path) -> Iterator[Path]:
    nearby = Nearby()
    folders = list(nearby.upward(start))
    if not nearby.is_root(folders[-1]):
        folders = folders[:1]
    workflows = folders[-1] / ".github" / "workflows"
    for folder in folders:
        for place in (folder, *(folder / name for name in _FOLDERS)):
            yield from (place / n for n in _names(place)[:_MANY] if _BUILDS.fullmatch(n))
    yield from (workflows / n for n in _names(workflows)[:_MANY] if _WORKFLOW.fullmatch(n))


def _names(folder: Path) -> list[str]:
    """The names in a folder, sorted; none where it cannot be read."""
    try:
        with os.scandir(folder) as entries:
            return sorted(entry.name for entry in entries)
    except OSError:
        return []


def _text(file: Path) -> str:
    try:
        return read_regular(file, _MAX_BYTES).decode("utf-8", errors="replace")
    except ConfigError:  # then it names nothing that is known
        return ""

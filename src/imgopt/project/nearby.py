"""The compose projects near a Dockerfile, and other files that name its stages as targets."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from imgopt.context.discovery import COMPOSE_NAMES
from imgopt.errors import ConfigError
from imgopt.files import read_regular
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


def compose_projects(start: Path) -> list[tuple[Path, ...]]:
    """The compose projects from `start` upward, nearest first: each a file and what is laid over.

    Files of other names (compose.prod.yaml) are laid over the one of the usual name beside them.
    Outside of a git repository only those of the usual names count above `start`.
    """
    found: list[tuple[Path, ...]] = []
    folders = list(_upward(start))
    in_git = (folders[-1] / ".git").exists()
    for folder in folders:
        usual = [folder / name for name in COMPOSE_NAMES if (folder / name).is_file()][:1]
        found += [(path,) for path in usual]
        if in_git or folder == folders[0]:
            names = [name for name in _names(folder) if _COMPOSE.fullmatch(name)]
            others = [n for n in names if n not in COMPOSE_NAMES and not _OVERRIDE.fullmatch(n)]
            found += [(*usual, folder / name) for name in others[:_MANY]]
    return found


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
    folders = list(_upward(start))
    if not (folders[-1] / ".git").exists():
        folders = folders[:1]
    workflows = folders[-1] / ".github" / "workflows"
    for folder in folders:
        for place in (folder, *(folder / name for name in _FOLDERS)):
            yield from (place / n for n in _names(place)[:_MANY] if _BUILDS.fullmatch(n))
    yield from (workflows / n for n in _names(workflows)[:_MANY] if _WORKFLOW.fullmatch(n))


def _upward(start: Path) -> Iterator[Path]:
    """A folder and those above it, up to the root of its git repository."""
    start = start.absolute()
    for folder in (start, *start.parents):
        yield folder
        if (folder / ".git").exists():
            return


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

"""Finding Dockerfiles below a folder, .gitignore honoured."""

from __future__ import annotations

import fnmatch
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from imgopt.errors import ConfigError

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

PATTERNS = (
    "Dockerfile",
    "Dockerfile.*",
    "*.Dockerfile",
    "*.dockerfile",
    "Containerfile",
    "Containerfile.*",
)
# What only looks like one: backups, templates, other files about Dockerfiles.
_NEVER = tuple(
    (
        ".dockerignore .md .orig .rej .swp .bak ~ .tt .erb .j2 .jinja .jinja2 .tmpl .tpl .template"
        " .ejs .hbs .mustache .in .go .py .js .ts .vim .nanorc .tmLanguage .html .json .yml .yaml"
        " .sh .txt .lock .sarif"
    ).split()
)
# Compose files may hold Dockerfiles.
COMPOSE_NAMES = ("compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml")
# What version control keeps, what tools install, and code of others: nobody writes these by hand.
SKIPPED_FOLDERS = frozenset(
    (
        ".git .hg .svn .bzr .jj .sl .pijul _darcs CVS node_modules .venv __pycache__"
        " vendor third_party bower_components site-packages testdata"
    ).split()
)


def is_dockerfile_name(name: str) -> bool:
    """Whether a file of that name is taken for a Dockerfile."""
    return any(fnmatch.fnmatchcase(name, p) for p in PATTERNS) and not name.endswith(_NEVER)


def discover(paths: list[Path], exclude: list[str]) -> list[Path]:
    """Dockerfiles: files are taken as they are, folders are searched; sorted, each once.

    Raises ConfigError for a path that does not exist.
    """
    found: dict[Path, None] = {}
    for path in paths:
        if path.is_dir():
            for file in sorted(_search(path)):
                found.setdefault(file)
        elif path.exists() or path.is_symlink():
            found.setdefault(path)
        else:
            raise ConfigError(f"{path}: no such file or folder")
    return [p for p in found if not any(fnmatch.fnmatch(p.as_posix(), e) for e in exclude)]


def _search(root: Path) -> Iterator[Path]:
    """Walk without following links to folders, so that a loop of links ends."""
    rules: dict[Path, GitIgnoreSpec | None] = {}
    for folder, folders, files in os.walk(root):
        here = Path(folder)
        ignored = _gitignore_rules(here.absolute(), rules)
        folders[:] = sorted(
            d
            for d in folders
            if d not in SKIPPED_FOLDERS and not ignored(here.absolute() / d, True)
        )
        for name in files:
            if (is_dockerfile_name(name) or name in COMPOSE_NAMES) and not ignored(
                here.absolute() / name, False
            ):
                yield here / name


def git_ignores(path: Path) -> bool:
    """Whether git ignores a path that need not be there, or a folder that it would be in."""
    rules: dict[Path, GitIgnoreSpec | None] = {}
    root = next((p for p in path.parents if (p / ".git").exists()), None)
    inside = [p for p in path.parents if root in p.parents] if root else []
    return bool(root) and any(
        _gitignore_rules(p.parent, rules)(p, is_folder)
        for p, is_folder in ((path, False), *((folder, True) for folder in (path, *inside)))
    )


def _gitignore_rules(
    folder: Path, cache: dict[Path, GitIgnoreSpec | None]
) -> Callable[[Path, bool], bool]:
    """A predicate that tells whether git ignores a path in `folder`: nearest .gitignore wins."""
    chain = []
    for parent in (folder, *folder.parents):
        if parent not in cache:
            cache[parent] = _read_gitignore(parent)
        spec = cache[parent]
        if spec is not None:
            chain.append((parent, spec))
        if (parent / ".git").exists():
            break

    def ignored(path: Path, is_folder: bool) -> bool:
        for parent, spec in chain:
            name = path.relative_to(parent).as_posix() + ("/" if is_folder else "")
            verdict = spec.check_file(name).include
            if verdict is not None:
                return bool(verdict)
        return False

    return ignored


def _read_gitignore(folder: Path) -> GitIgnoreSpec | None:
    file = folder / ".gitignore"
    try:
        if not file.is_file():
            return None
        lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return None
    import pathspec

    return pathspec.GitIgnoreSpec.from_lines(lines)

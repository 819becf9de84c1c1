"""Finding Dockerfiles below a folder, .gitignore honoured."""

from __future__ import annotations

import fnmatch
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from imgopt.context.gitignore import ignored_in
from imgopt.context.patterns import Globs
from imgopt.errors import ConfigError
from imgopt.regex import lazy

PATTERNS = (
    "Dockerfile",
    "Dockerfile.*",
    "*.Dockerfile",
    "*.dockerfile",
    "Containerfile",
    "Containerfile.*",
)
_NAME = lazy("|".join(map(fnmatch.translate, PATTERNS)))
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
    return _NAME.match(name) is not None and not name.endswith(_NEVER)


def discover(
    paths: list[Path], exclude: list[str], note: Callable[[str], None] = lambda _: None
) -> list[Path]:
    """Dockerfiles: files are taken as they are, folders are searched; sorted, each once.

    `note` is told of folders and .gitignore files that cannot be read. Raises ConfigError for a
    path that does not exist.
    """
    found: dict[Path, None] = {}
    for path in paths:
        if path.is_dir():
            for file in sorted(_search(path, note)):
                found.setdefault(file)
        elif path.exists() or path.is_symlink():
            found.setdefault(path)
        else:
            raise ConfigError(f"{path}: no such file or folder")
    globs = Globs(exclude)
    return [path for path in found if not globs.matching(path.as_posix())]


def _search(root: Path, note: Callable[[str], None]) -> Iterator[Path]:
    """Walk without following links to folders, so that a loop of links ends."""
    todo = [(root, ignored_in(root, note))]
    while todo:
        here, ignored = todo.pop()
        try:
            with os.scandir(here) as scan:
                entries = list(scan)
        except OSError as error:
            note(f"{here}: cannot be read ({error.strerror})")
            continue
        for entry in entries:
            name = entry.name
            if entry.is_dir(follow_symlinks=False):
                if name not in SKIPPED_FOLDERS and not ignored.ignores(name, is_folder=True):
                    inside = here / name
                    todo.append((inside, ignored.inside(name).joined_by(inside, note)))
            elif (
                (is_dockerfile_name(name) or name in COMPOSE_NAMES)
                and not os.path.isdir(entry.path)
                and not ignored.ignores(name, is_folder=False)
            ):
                yield here / name


def git_ignores(path: Path) -> bool:
    """Whether git ignores a path that need not be there, or a folder that it would be in."""
    here = next((p for p in path.parents if os.path.exists(p / ".git")), None)
    if here is None:
        return False
    ignored = ignored_in(here, _say_nothing)
    *folders, name = path.relative_to(here).parts
    for folder in folders:
        if ignored.ignores(folder, is_folder=True):
            return True
        here /= folder
        ignored = ignored.inside(folder).joined_by(here, _say_nothing)
    return ignored.ignores(name, is_folder=False) or ignored.ignores(name, is_folder=True)


def _say_nothing(_problem: str) -> None:
    """For who only asks: the search has said what cannot be read."""

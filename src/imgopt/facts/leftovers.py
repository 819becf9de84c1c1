"""Names that belong in no build context: what tools write, what versions are kept in, secrets."""

from __future__ import annotations

import fnmatch
import re

import msgspec


class Leftover(msgspec.Struct, frozen=True):
    """A name, which may be a glob, of a file or a folder.

    A text that matches `wanted` (its name, where it is empty) says that it is sent on purpose;
    with `weighs`, it may be large.
    """

    name: str
    wanted: str = ""
    weighs: bool = False

    def is_wanted(self, text: str) -> bool:
        return bool(re.search(self.wanted or re.escape(self.name), text))


GIT = ".git"
LEFTOVERS = (
    Leftover(GIT, r"\bgit\b|setuptools.scm|hatch.vcs|versioneer|\.git\b", weighs=True),
    Leftover("node_modules", weighs=True),
    Leftover(".venv", r"\.venv\b", weighs=True),
    Leftover("__pycache__", weighs=True),
    Leftover(".mypy_cache", weighs=True),
    Leftover(".pytest_cache", weighs=True),
    Leftover(".ruff_cache", weighs=True),
    Leftover(".tox", weighs=True),
    Leftover(".nox", weighs=True),
    Leftover(".coverage"),
    Leftover("htmlcov", weighs=True),
    Leftover(".next", weighs=True),
    Leftover(".nuxt", weighs=True),
    Leftover(".svelte-kit"),
    Leftover(".turbo", weighs=True),
    Leftover(".parcel-cache"),
    Leftover(".gradle", weighs=True),
    Leftover(".terraform", weighs=True),
    Leftover(".idea"),
    Leftover(".vscode"),
    Leftover(".DS_Store"),
    Leftover(".env"),
    Leftover("*.log"),
)


def matches(path: str, pattern: str) -> bool:
    """Whether a part of a context path has that name."""
    return any(fnmatch.fnmatchcase(part, pattern) for part in path.split("/"))

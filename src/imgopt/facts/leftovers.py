"""Names that belong in no build context: what tools write, what versions are kept in, secrets."""

from __future__ import annotations

import fnmatch
import re

import msgspec

from imgopt.context.listing import Listing
from imgopt.regex import lazy


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


_NAME = lazy("|".join(f"({fnmatch.translate(each.name)})" for each in LEFTOVERS))


def leftover_names(path: str) -> frozenset[str]:
    """The names of leftovers that parts of a path have."""
    matches = (_NAME.match(part) for part in path.split("/"))
    return frozenset(LEFTOVERS[match.lastindex - 1].name for match in matches
                     if match and match.lastindex)  # fmt: skip


def leftovers_in(listing: Listing) -> tuple[str, ...]:
    """The names of leftovers that are in a context, in the order of the table."""
    found = {name for part in listing.names for name in leftover_names(part)}
    return tuple(each.name for each in LEFTOVERS if each.name in found)


def bytes_by_leftovers(listing: Listing) -> dict[frozenset[str], int]:
    """The bytes of all files of a context that have the same names of leftovers in their paths."""
    parts = frozenset(part for part in listing.names if leftover_names(part))
    found: dict[frozenset[str], int] = {}
    for path, size in listing.files.items() if parts else ():
        if here := parts.intersection(path.split("/")):
            names = leftover_names("/".join(here))
            found[names] = found.get(names, 0) + size
    return found

"""What a package database says: a package, and which paths are its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import msgspec


class Found(msgspec.Struct, frozen=True):
    """One package. `ecosystem` is the type of its package URL, `namespace` and `arch` parts of
    that; `paths` are its files, `folders` what is its own with all below; `path` says so."""

    ecosystem: str
    name: str
    version: str
    path: str
    paths: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    namespace: str = ""
    arch: str = ""


# The visible documents by path (interests.py) → the packages that they name.
Reader = Callable[[Mapping[str, bytes]], Iterable[Found]]

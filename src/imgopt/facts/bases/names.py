"""Reads the name of a base image: registry and platform off, its row, system and releases found."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterable
from functools import lru_cache

from imgopt.facts.bases.model import Base, Kind, Row, System
from imgopt.facts.bases.releases import Release
from imgopt.facts.bases.systems import SYSTEMS, UNKNOWN
from imgopt.facts.bases.table import PLATFORMS, REGISTRIES, ROWS
from imgopt.regex import lazy

_VERSION = lazy(r"v?(\d+(?:\.\d+)*)(?:[-_.]|$)")


class Bases:
    """A table of base images, asked by name. `rows` come before others of the same name."""

    def __init__(self, rows: Iterable[Row] = ROWS, systems: Iterable[System] = SYSTEMS) -> None:
        self._systems = tuple(systems)
        self._by_name: dict[str, Row] = {}
        self._by_pattern: list[tuple[str, Row]] = []
        for row in rows:
            for name in (row.name, *row.aliases):
                if "*" in name:
                    self._by_pattern.append((name, row))
                else:
                    self._by_name.setdefault(name, row)
        self.image = lru_cache(maxsize=512)(self._image)

    def _image(self, text: str | None) -> Base:
        """What a base image's name tells; nothing for None."""
        name, _, digest = (text or "").partition("@")
        folder, _, last = name.rpartition("/")
        short, _, tag = last.partition(":")
        repository = short_name(f"{folder}/{short}".strip("/").lower())
        row = self._row(repository)
        match = _VERSION.match(tag)
        number = match[1] if match and len(match[1]) < 40 else _number_of(tag, row)
        version = tuple(int(n) for n in number.split(".")) if number else ()
        is_official = bool(repository) and "/" not in repository
        system = self._system(tag, version, row, is_official)
        told = _system_release(tag, system)
        found: list[Release | None] = [row.product.find(version)] if row and row.product else []
        if row or is_official:
            found.append(told)
        releases = tuple(release for release in found if release)
        return Base(
            text or "", row.name if row and "*" not in row.name else repository,
            tag, digest, version, row, system, releases, told,
        )  # fmt: skip

    def _row(self, repository: str) -> Row | None:
        row = self._by_name.get(repository)
        if row is None and repository:
            matching = (r for p, r in self._by_pattern if fnmatch.fnmatchcase(repository, p))
            row = next(matching, None)
        return row

    def _system(
        self, tag: str, version: tuple[int, ...], row: Row | None, is_official: bool
    ) -> System:
        """The system that the tag names, else the one that the row has."""
        own = row.system if row else UNKNOWN
        for system in self._systems:
            if _names(system, tag) and (row or is_official or system.numbered):
                return system
        # Of a language's image, only the full one followed its system.
        if row and version and ("slim" not in tag or row.kind is Kind.SYSTEM):
            since = [major for major in row.system_since if version[0] >= major]
            return row.system_since[max(since)] if since else own
        return own


def _number_of(tag: str, row: Row | None) -> str:
    """The number of the release of a language that a tag names by its code name."""
    product = row.product if row and row.kind is not Kind.SYSTEM else None
    release = product.named(tag.partition("-")[0]) if product else None
    return release.number if release else ""


def short_name(repository: str) -> str:
    """A repository's name less Docker Hub, its mirrors, `library/` and platforms."""
    for registry in REGISTRIES:
        repository = repository.removeprefix(registry)
    folder, _, last = repository.rpartition("/")
    return last if folder in PLATFORMS else repository


def _names(system: System, tag: str) -> bool:
    """Whether a tag names a system by a code name or a word of its own."""
    if system.words:
        return bool(re.search(system.words, tag))
    names = system.product.code_names() if system.product else ()
    return bool(names) and bool(re.search(rf"\b({'|'.join(names)})\b", tag))


def _system_release(tag: str, system: System) -> Release | None:
    """The release of a system that a part of a tag names."""
    product = system.product
    if product is None:
        return None
    for word in tag.split("-"):
        found = product.named(word)
        if found is None and system.numbered and word.startswith(system.numbered):
            found = product.numbered(word.removeprefix(system.numbered))
        if found:
            return found
    return None


KNOWN = Bases()

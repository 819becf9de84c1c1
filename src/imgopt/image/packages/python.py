"""Python's packages: dist-info folders with their RECORD, and egg-info.

Source: PyPA specifications, "Recording installed projects" and "Core metadata".
"""

from __future__ import annotations

import csv
import posixpath
from collections.abc import Iterator, Mapping

from imgopt.image.packages.model import Found
from imgopt.image.packages.stanzas import stanzas

_MAX_PATHS = 200_000


def read(documents: Mapping[str, bytes]) -> Iterator[Found]:
    """All packages that are installed."""
    for path, data in documents.items():
        folder, _, name = path.rpartition("/")
        if name == "METADATA" and folder.endswith(".dist-info"):
            fields = next(stanzas(data), {})
            record = documents.get(f"{folder}/RECORD", b"")
            paths = _recorded(record, posixpath.dirname(folder))
            yield _package(fields, path, paths, () if paths else (folder,))
        elif name == "PKG-INFO" and folder.endswith(".egg-info"):
            fields = next(stanzas(data), {})
            listed = documents.get(f"{folder}/installed-files.txt", b"")
            yield _package(fields, path, _egg(listed, folder), (folder,))
        elif name.endswith(".egg-info"):
            yield _package(next(stanzas(data), {}), path, (path,), ())


def _package(
    fields: Mapping[str, str], path: str, paths: tuple[str, ...], folders: tuple[str, ...]
) -> Found:
    stem = posixpath.basename(path if path.endswith(".egg-info") else posixpath.dirname(path))
    guess = stem.rpartition(".")[0].split("-")
    name = fields.get("name") or guess[0]
    version = fields.get("version") or (guess[1] if len(guess) > 1 else "")
    return Found("pypi", name, version, path, paths, folders)


def _recorded(data: bytes, base: str) -> tuple[str, ...]:
    """The files of a RECORD, and the compiled ones that Python makes of them."""
    found = []
    lines = data.decode("utf-8", "replace").splitlines()[:_MAX_PATHS]
    for row in csv.reader(lines):
        if row and row[0]:
            path = posixpath.normpath(posixpath.join("/", base, row[0])).lstrip("/")
            found.append(path)
    return tuple(found)


def _egg(data: bytes, folder: str) -> tuple[str, ...]:
    lines = data.decode("utf-8", "replace").splitlines()[:_MAX_PATHS]
    return tuple(
        posixpath.normpath(posixpath.join("/", folder, line)).lstrip("/") for line in lines if line
    )

"""npm's packages: each folder of a node_modules that has a package.json, with all below it."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping

import msgspec

from imgopt.image.packages.model import Found


class _PackageJson(msgspec.Struct):
    name: str = ""
    version: str = ""


def read(documents: Mapping[str, bytes]) -> Iterator[Found]:
    """All packages that are installed; one inside another's folder is a package of its own."""
    for path, data in documents.items():
        if not path.endswith("/package.json"):
            continue
        try:
            about = msgspec.json.decode(data, type=_PackageJson)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            continue
        if about.name:
            scope, slash, name = about.name.rpartition("/")
            folder = posixpath.dirname(path)
            yield Found(
                "npm", name if slash else about.name, about.version, path, (), (folder,), scope
            )

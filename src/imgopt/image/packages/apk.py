"""Alpine's packages. Source: apk-tools, "Installed database" (apk spec: letters before a colon)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from imgopt.image.packages.model import Found

_DATABASES = ("lib/apk/db/installed", "usr/lib/apk/db/installed")


def read(documents: Mapping[str, bytes]) -> Iterator[Found]:
    """All packages that are installed."""
    path = next((path for path in _DATABASES if path in documents), None)
    if path is None:
        return
    for stanza in documents[path].decode("utf-8", "replace").split("\n\n"):
        fields: dict[str, str] = {}
        paths, folder = [], ""
        for line in stanza.split("\n"):
            letter, colon, value = line.partition(":")
            if not colon:
                continue
            if letter == "F":
                folder = value
            elif letter == "R":
                paths.append(f"{folder}/{value}".lstrip("/"))
            elif letter in "PVA" and letter not in fields:
                fields[letter] = value
        if fields.get("P"):
            yield Found(
                "apk", fields["P"], fields.get("V", ""), path, tuple(paths),
                arch=fields.get("A", ""),
            )  # fmt: skip

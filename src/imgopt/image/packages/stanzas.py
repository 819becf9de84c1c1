"""Text of `Name: value` lines in stanzas, as dpkg, Python's metadata and os-release have it."""

from __future__ import annotations

from collections.abc import Iterator


def stanzas(data: bytes) -> Iterator[dict[str, str]]:
    """The fields of each stanza, by lower-case name; lines that go on are left out."""
    fields: dict[str, str] = {}
    for line in data.decode("utf-8", "replace").split("\n"):
        if not line.strip():
            if fields:
                yield fields
            fields = {}
        elif line[0] not in " \t":
            name, colon, value = line.partition(":")
            if colon:
                fields.setdefault(name.strip().lower(), value.strip())
    if fields:
        yield fields


def os_release(documents: dict[str, bytes]) -> dict[str, str]:
    """os-release(5): NAME=value lines, quotes taken off."""
    data = documents.get("etc/os-release") or documents.get("usr/lib/os-release") or b""
    found = {}
    for line in data.decode("utf-8", "replace").splitlines():
        name, equals, value = line.partition("=")
        if equals and name.isidentifier():
            found[name] = value.strip().strip("\"'")
    return found

"""Debian's packages: dpkg's status and file lists, and the status.d of distroless images."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from imgopt.image.packages.model import Found
from imgopt.image.packages.stanzas import stanzas

_STATUS = "var/lib/dpkg/status"
_EACH = "var/lib/dpkg/status.d/"
_INFO = "var/lib/dpkg/info/"


def read(documents: Mapping[str, bytes]) -> Iterator[Found]:
    """All packages that are installed."""
    if _STATUS in documents:
        for fields in stanzas(documents[_STATUS]):
            if fields.get("status", "").endswith(" installed") and fields.get("package"):
                yield _package(fields, _STATUS, _listed(documents, fields))
    for path, data in documents.items():
        if path.startswith(_EACH) and not path.endswith(".md5sums"):
            for fields in stanzas(data):
                if fields.get("package"):
                    sums = documents.get(f"{path}.md5sums", b"")
                    yield _package(fields, path, _summed(sums))


def _package(fields: Mapping[str, str], path: str, paths: tuple[str, ...]) -> Found:
    return Found(
        "deb", fields["package"], fields.get("version", ""), path, paths,
        arch=fields.get("architecture", ""),
    )  # fmt: skip


def _listed(documents: Mapping[str, bytes], fields: Mapping[str, str]) -> tuple[str, ...]:
    name, arch = fields["package"], fields.get("architecture", "")
    data = documents.get(f"{_INFO}{name}.list") or documents.get(f"{_INFO}{name}:{arch}.list")
    lines = (data or b"").decode("utf-8", "replace").splitlines()
    return tuple(line[1:] for line in lines if len(line) > 1 and line[0] == "/")


def _summed(data: bytes) -> tuple[str, ...]:
    rows = (line.split(None, 1) for line in data.decode("utf-8", "replace").splitlines())
    return tuple(row[1].lstrip("./") for row in rows if len(row) == 2)

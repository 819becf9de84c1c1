"""One layer, read once: its files with digests of their content, and the few contents that count.

What is kept of contents is asked of `interests`; a secret is told by its kind, never kept.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable

import msgspec

from imgopt.errors import ImageError
from imgopt.image import interests, programs
from imgopt.image.streams import Pieces
from imgopt.image.tar import Member, Tar

DIGEST_BYTES = 16
_MAX_KEPT_BYTES = 256_000_000  # of one layer's documents
_MAX_SECRET_BYTES = 262_144
_WHITEOUT = ".wh."

# An uncompressed layer's chunks, and how messages call it, to what was read of it.
ReadLayerFiles = Callable[[Iterable[bytes], str], "LayerScan"]
# What kind of secret a file holds, by its path and content; empty for none.
SecretTest = Callable[[str, bytes], str]


class File(msgspec.Struct, array_like=True, gc=False):
    """One entry of a layer, not yet merged with others.

    `kind` as in tar.Member; `digest` is the start of the content's SHA-256, empty where there is
    no content; `modified_s` counts from 1970; `link` is a link's target.
    """

    path: str
    kind: str
    size_bytes: int
    mode: int = 0
    uid: int = 0
    gid: int = 0
    modified_s: int = 0
    link: str = ""
    digest: bytes = b""

    @property
    def is_folder(self) -> bool:
        return self.kind == "folder"

    @property
    def name(self) -> str:
        return self.path.rpartition("/")[2]

    @property
    def is_whiteout(self) -> bool:
        return self.name.startswith(_WHITEOUT)


class Secret(msgspec.Struct, array_like=True, frozen=True):
    """A file that holds a secret, and of which kind; not the secret."""

    path: str
    kind: str
    size_bytes: int


class LayerScan(msgspec.Struct, array_like=True):
    """All of a layer that an analysis needs: files in the order of the archive, contents of those
    that tell of packages, what programs say of their modules, and where secrets are."""

    files: list[File]
    documents: dict[str, bytes]
    programs: dict[str, list[programs.Module]]
    secrets: list[Secret]

    @property
    def size_bytes(self) -> int:
        """The sum of the files."""
        return sum(file.size_bytes for file in self.files)


def sizes(chunks: Iterable[bytes], name: str) -> LayerScan:
    """Only how big an uncompressed layer is: one nameless file for the sum of all."""
    total = sum(member.size_bytes for member in Tar(Pieces(chunks), name))
    return LayerScan([File("", "file", total)], {}, {}, [])


def scan(chunks: Iterable[bytes], name: str, secret_of: SecretTest | None = None) -> LayerScan:
    """Read an uncompressed layer to its end; ImageError when it is damaged or over a limit."""
    found = LayerScan([], {}, {}, [])
    tar = Tar(Pieces(chunks), name)
    kept = 0
    for member in tar:
        if not member.path or member.path == ".":
            continue
        digest = b""
        if member.kind == "file" and member.stored_bytes:
            digest, content = _read(tar, member)
            if content is not None:
                kept += _keep(found, member, content, secret_of)
                if kept > _MAX_KEPT_BYTES:
                    raise ImageError(f"{name}: package data of more than {_MAX_KEPT_BYTES} bytes")
        found.files.append(_file(member, digest))
    return found


def _file(member: Member, digest: bytes) -> File:
    return File(
        member.path, member.kind, member.size_bytes, member.mode, member.uid, member.gid,
        member.modified_s, member.link, digest,
    )  # fmt: skip


def _read(tar: Tar, member: Member) -> tuple[bytes, bytes | None]:
    """The digest of the content, and the content where something may want it."""
    hashed = hashlib.sha256()
    parts: list[bytes] | None = None
    first = True
    for part in tar.content():
        hashed.update(part)
        if first:
            first = False
            if _is_wanted(member, part):
                parts = []
        if parts is not None:
            parts.append(bytes(part))
    content = None if parts is None else b"".join(parts)
    return hashed.digest()[:DIGEST_BYTES], content


def _is_wanted(member: Member, head: memoryview) -> bool:
    size = member.stored_bytes
    if size <= _MAX_SECRET_BYTES or interests.is_document(member.path, size):
        return True
    return programs.may_tell(member.path, size, bytes(head[:4]))


def _keep(found: LayerScan, member: Member, content: bytes, secret_of: SecretTest | None) -> int:
    """Put what counts of a content into the scan; returns the bytes that stay."""
    path, size = member.path, len(content)
    if programs.may_tell(path, size, content[:4]):
        modules = programs.modules(content)
        if modules:
            found.programs[path] = modules
    if secret_of is not None and size <= _MAX_SECRET_BYTES:
        kind = secret_of(path, content)
        if kind:
            found.secrets.append(Secret(path, kind, member.size_bytes))
    if not interests.is_document(path, size):
        return 0
    document = interests.shortened(path, content)
    found.documents[path] = document
    return len(document)

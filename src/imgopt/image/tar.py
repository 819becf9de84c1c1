"""A tar stream, member by member, without extracting anything. Untrusted: everything has a limit.

tarfile takes about 150 µs a member, most of it for objects that nobody asks for. Source: POSIX
pax Interchange Format; GNU tar manual, "Basic Tar Format" (long names, base-256 numbers, sparse).
"""

from __future__ import annotations

import posixpath
import struct
from collections.abc import Iterator

import msgspec

from imgopt.errors import ImageError
from imgopt.image.streams import Pieces

MAX_MEMBERS = 5_000_000
MAX_NAME_CHARACTERS = 4096
_MAX_EXTENSION_BYTES = 1 << 20  # of a long name or the pax records of one member
_MAX_SIZE = 1 << 50
_BLOCK = 512
_ZERO = bytes(_BLOCK)
_HEADER = struct.Struct("100s8s8s8s12s12s8sc100s6s2s32s32s8s8s155s12x")
_KINDS = {
    b"0": "file", b"\0": "file", b"7": "file", b"S": "file", b"1": "hardlink", b"2": "symlink",
    b"3": "device", b"4": "device", b"5": "folder", b"6": "fifo",
}  # fmt: skip


class Member(msgspec.Struct):
    """One member: path without leading slash or `..`, and what the header says of it.

    `kind` is `file`, `folder`, `symlink`, `hardlink`, `device` or `fifo`; `stored_bytes` follow
    it in the archive, which for a sparse file are fewer than its `size_bytes`.
    """

    path: str
    kind: str
    size_bytes: int
    stored_bytes: int
    mode: int
    uid: int
    gid: int
    modified_s: int
    link: str


class Tar:
    """The members of a tar; what the caller does not take of one's content is passed over."""

    def __init__(self, pieces: Pieces, name: str) -> None:
        self._pieces = pieces
        self._name = name
        self._left = 0
        self._padding = 0

    def __iter__(self) -> Iterator[Member]:
        everywhere: dict[str, str] = {}
        here: dict[str, str] = {}
        for _ in range(MAX_MEMBERS):
            header = self._header()
            if header is None:
                return
            kind = header[156:157]
            size = self._number(header[124:136])
            if kind in b"xgLK" and kind != b"":
                found = self._extension(kind, size)
                (everywhere if kind == b"g" else here).update(found)
                continue
            member = self._member(header, size, {**everywhere, **here} if everywhere else here)
            here = {}
            self._left = member.stored_bytes
            self._padding = -member.stored_bytes % _BLOCK
            yield member
            self._pass()
        raise ImageError(f"{self._name}: a tar with more than {MAX_MEMBERS} members")

    def content(self) -> Iterator[memoryview]:
        """What is left of the content of the member that was given last."""
        while self._left:
            for part in self._pieces.parts(self._left):
                self._left -= len(part)
                yield part
            if self._left:
                raise self._cut_off()

    def _pass(self) -> None:
        size = self._left + self._padding
        self._left = self._padding = 0
        if size and self._pieces.skip(size) < size:
            raise self._cut_off()

    def _header(self) -> bytes | None:
        """The next header; None at the end, with all behind it passed over."""
        header = self._pieces.take(_BLOCK)
        if header == _ZERO or not header:
            for _ in self._pieces.rest():
                pass
            return None
        if len(header) < _BLOCK:
            raise self._cut_off()
        expected = self._number(header[148:156])
        total = sum(header) - sum(header[148:156]) + 8 * 32
        if expected != total:
            raise ImageError(f"{self._name}: not a tar, or damaged (a header's checksum is wrong)")
        return header

    def _extension(self, kind: bytes, size: int) -> dict[str, str]:
        if size > _MAX_EXTENSION_BYTES:
            raise ImageError(f"{self._name}: a tar header of {size} bytes")
        data = self._pieces.take(size)
        if len(data) < size or self._pieces.skip(-size % _BLOCK) < -size % _BLOCK:
            raise self._cut_off()
        if kind in b"LK":
            text = data.split(b"\0", 1)[0].decode("utf-8", "surrogateescape")
            return {"path" if kind == b"L" else "linkpath": text}
        return self._pax(data)

    def _pax(self, data: bytes) -> dict[str, str]:
        found: dict[str, str] = {}
        at = 0
        while at < len(data):
            space = data.find(b" ", at, at + 20)
            digits = data[at:space] if space > 0 else b""
            if not digits.isdigit():
                raise ImageError(f"{self._name}: a damaged pax header")
            end = at + int(digits)
            if end <= space or end > len(data):
                raise ImageError(f"{self._name}: a damaged pax header")
            key, _, value = data[space + 1 : end - 1].partition(b"=")
            found[key.decode("utf-8", "replace")] = value.decode("utf-8", "surrogateescape")
            at = end
        return found

    def _member(self, header: bytes, size: int, pax: dict[str, str]) -> Member:
        (name, mode, uid, gid, _, time, _, kind, link, magic, _, _, _, _, _, prefix) = (
            _HEADER.unpack(header)
        )
        path = pax.get("GNU.sparse.name") or pax.get("path")
        if path is None:
            path = _text(name)
            if magic == b"ustar\0" and prefix[0]:
                path = f"{_text(prefix)}/{path}"
        target = pax["linkpath"] if "linkpath" in pax else _text(link)
        if max(len(path), len(target)) > MAX_NAME_CHARACTERS:
            raise ImageError(f"{self._name}: a member with a name of {len(path)} characters")
        shown = _KINDS.get(kind, "file")
        if shown == "file" and path.endswith("/"):
            shown = "folder"
        if size < 0:
            raise ImageError(f"{self._name}: a tar header with a negative size")
        stored = self._bounded(pax["size"], size) if "size" in pax else size
        if shown in ("symlink", "hardlink", "device", "fifo", "folder"):
            stored = stored if shown == "folder" and kind != b"5" else 0
        real = pax.get("GNU.sparse.realsize") or pax.get("GNU.sparse.size")
        full = self._bounded(real, stored) if real else stored
        if kind == b"S":
            full = self._number(header[483:495])
            self._sparse_maps(header)
        return Member(
            path=_clean(path),
            kind=shown,
            size_bytes=full if shown == "file" else 0,
            stored_bytes=stored,
            mode=self._number(mode) & 0o7777,
            uid=self._whole(pax.get("uid"), uid),
            gid=self._whole(pax.get("gid"), gid),
            modified_s=self._whole(pax.get("mtime"), time),
            link=target,
        )

    def _sparse_maps(self, header: bytes) -> None:
        """Pass over the blocks that go on with the map of an old GNU sparse file."""
        more = header[482]
        for _ in range(10_000):
            if not more:
                return
            block = self._pieces.take(_BLOCK)
            if len(block) < _BLOCK:
                raise self._cut_off()
            more = block[504]
        raise ImageError(f"{self._name}: a sparse file with an endless map")

    def _whole(self, text: str | None, field: bytes) -> int:
        if text is None:
            return self._number(field)
        try:
            return int(float(text))
        except (ValueError, OverflowError):
            return 0

    def _bounded(self, text: str, otherwise: int) -> int:
        if not text.isdigit() or len(text) > 18:
            return otherwise
        return self._checked(int(text))

    def _number(self, field: bytes) -> int:
        """A number: octal digits, or base 256 where the first bit is set."""
        if field[0] & 0x80:
            value = int.from_bytes(field, "big") & ((1 << (8 * len(field) - 1)) - 1)
            negative = field[0] & 0x40
            return -1 if negative else self._checked(value)
        text = field.split(b"\0", 1)[0].strip()
        if not text:
            return 0
        try:
            return self._checked(int(text, 8))
        except ValueError as error:
            raise ImageError(f"{self._name}: not a tar, or damaged (a header's number)") from error

    def _checked(self, value: int) -> int:
        if value > _MAX_SIZE:
            raise ImageError(f"{self._name}: a tar header with the number {value}")
        return value

    def _cut_off(self) -> ImageError:
        return ImageError(f"{self._name}: the archive is cut off")


def _text(field: bytes) -> str:
    return field.split(b"\0", 1)[0].decode("utf-8", "surrogateescape")


def _clean(path: str) -> str:
    """A path below the root, whatever it says."""
    if path and path[0] not in "./" and "//" not in path and "/." not in path:
        return path.rstrip("/")
    return posixpath.normpath("/" + path).lstrip("/")

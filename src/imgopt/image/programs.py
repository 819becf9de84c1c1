"""What programs say of the modules they were built from: Go's build information, Rust's audit data.

Sources: Go, debug/buildinfo (inline format, since Go 1.18); cargo-auditable, PARSING.md; ELF-64
object file format.
"""

from __future__ import annotations

import json
import struct
import zlib

import msgspec

_ELF = b"\x7fELF"
_MAX_BYTES = 96_000_000
_MIN_BYTES = 100_000
_GO_MAGIC = b"\xff Go buildinf:"
_GO_INLINE = 2
_GO_HEADER_BYTES = 32
_MAX_TEXT = 4_000_000
_GO_FRAME = 16  # of random bytes around the module text
_AUDIT_SECTION = b".dep-v0"


class Module(msgspec.Struct, array_like=True, frozen=True):
    """A module inside a program: `ecosystem` is `golang` or `cargo`."""

    ecosystem: str
    name: str
    version: str


def may_tell(path: str, size_bytes: int, head: bytes) -> bool:
    """Whether a file can be a program that tells of its modules."""
    return head == _ELF and _MIN_BYTES <= size_bytes <= _MAX_BYTES and ".so" not in path


def modules(content: bytes) -> list[Module]:
    """All modules that a program names; empty for one that names none, or is damaged."""
    return _go(content) or _rust(content)


def _go(content: bytes) -> list[Module]:
    at = content.find(_GO_MAGIC)
    if at < 0 or len(content) < at + _GO_HEADER_BYTES:
        return []
    if not content[at + 15] & _GO_INLINE:
        return []  # before Go 1.18: pointers
    version, at = _go_text(content, at + _GO_HEADER_BYTES)
    text, _ = _go_text(content, at)
    found = [Module("golang", "stdlib", version.removeprefix("go"))] if version else []
    for line in text[_GO_FRAME:-_GO_FRAME].split("\n"):
        parts = line.split("\t")
        if parts[0] in ("mod", "dep") and len(parts) > 2:
            found.append(Module("golang", parts[1], parts[2]))
        elif parts[0] == "=>" and len(parts) > 2 and found:
            found[-1] = Module("golang", parts[1], parts[2])
    return found


def _go_text(content: bytes, at: int) -> tuple[str, int]:
    """A string that stands behind its length as a varint; empty where it cannot be one."""
    length = shift = 0
    for byte in content[at : at + 5]:
        at += 1
        length |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            break
    else:
        return "", at
    if length > _MAX_TEXT or at + length > len(content):
        return "", at
    return content[at : at + length].decode("latin-1"), at + length


def _rust(content: bytes) -> list[Module]:
    section = _section(content, _AUDIT_SECTION)
    if not section:
        return []
    try:
        inflate = zlib.decompressobj()
        data = json.loads(inflate.decompress(section, _MAX_TEXT))
        rows = data["packages"]
        return [
            Module("cargo", str(row["name"]), str(row["version"]))
            for row in rows
            if row.get("kind", "runtime") == "runtime"
        ]
    except (zlib.error, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return []


def _section(content: bytes, wanted: bytes) -> bytes:
    """The content of a section of a 64-bit little-endian ELF file; empty when there is none."""
    if content[4:6] != b"\x02\x01" or len(content) < 64 or wanted not in content:
        return b""
    start = struct.unpack_from("<Q", content, 0x28)[0]
    size, count, names = struct.unpack_from("<HHH", content, 0x3A)
    if size < 64 or start + size * count > len(content) or names >= count:
        return b""
    names_at = struct.unpack_from("<Q", content, start + size * names + 0x18)[0]
    for index in range(count):
        row = start + size * index
        name_at = names_at + struct.unpack_from("<I", content, row)[0]
        if content[name_at : name_at + len(wanted) + 1] == wanted + b"\0":
            at, length = struct.unpack_from("<QQ", content, row + 0x18)
            return content[at : at + length] if at + length <= len(content) else b""
    return b""

"""RPM's packages: the SQLite database and the ndb one. Berkeley DB's is not read.

Sources: rpm's lib/header.c and lib/rpmtag.h (header format), lib/backend/ndb/rpmpkg.c.
"""

from __future__ import annotations

import sqlite3
import struct
from collections.abc import Iterator, Mapping
from contextlib import closing

from imgopt.image.packages.model import Found

_FOLDERS = ("var/lib/rpm", "usr/lib/sysimage/rpm")
_NAME, _VERSION, _RELEASE, _EPOCH, _ARCH = 1000, 1001, 1002, 1003, 1022
_DIR_INDEXES, _BASE_NAMES, _DIR_NAMES = 1116, 1117, 1118
_WANTED = frozenset(
    {_NAME, _VERSION, _RELEASE, _EPOCH, _ARCH, _DIR_INDEXES, _BASE_NAMES, _DIR_NAMES}
)
_INT32, _STRING, _STRINGS, _I18N = 4, 6, 8, 9
_MAX_ENTRIES = 65_536
_MAX_COUNT = 1_000_000
_NDB_HEAD, _NDB_SLOT, _NDB_BLOB = b"RpmP", b"Slot", b"BlbS"
_NDB_BLOCK = 16
_NDB_PAGE = 4096

Value = list[str] | list[int]


def read(documents: Mapping[str, bytes]) -> Iterator[Found]:
    """All packages that are installed; none where the database is damaged or of another kind."""
    for folder in _FOLDERS:
        for name, headers in (("rpmdb.sqlite", _sqlite), ("Packages.db", _ndb)):
            path = f"{folder}/{name}"
            if path in documents:
                for header in headers(documents[path]):
                    package = _package(header, path)
                    if package is not None:
                        yield package


def _sqlite(data: bytes) -> Iterator[bytes]:
    # The two bytes of the journal's mode: a database in memory cannot have a write-ahead log.
    plain = data[:18] + b"\1\1" + data[20:]
    try:
        with closing(sqlite3.connect(":memory:")) as connection:
            connection.deserialize(plain)
            rows = connection.execute("SELECT blob FROM Packages").fetchall()
    except sqlite3.Error:
        return
    for (blob,) in rows:
        if isinstance(blob, bytes):
            yield blob


def _ndb(data: bytes) -> Iterator[bytes]:
    if data[:4] != _NDB_HEAD or len(data) < 32:
        return
    pages = struct.unpack_from("<I", data, 12)[0]
    end = min(pages * _NDB_PAGE, len(data) - 15)
    for at in range(32, end, 16):
        magic, number, block, count = struct.unpack_from("<4sIII", data, at)
        if magic != _NDB_SLOT or not number or not count:
            continue
        start = block * _NDB_BLOCK
        if data[start : start + 4] == _NDB_BLOB and start + 16 <= len(data):
            length = struct.unpack_from("<I", data, start + 12)[0]
            yield data[start + 16 : start + 16 + length]


def _package(header: bytes, path: str) -> Found | None:
    try:
        tags = _tags(header)
    except (struct.error, ValueError, IndexError):
        return None
    name = _first(tags, _NAME)
    if not name or name == "gpg-pubkey":
        return None
    version = f"{_first(tags, _VERSION)}-{_first(tags, _RELEASE)}".strip("-")
    epoch = _first(tags, _EPOCH)
    shown = f"{epoch}:{version}" if epoch not in ("", "0") else version
    return Found("rpm", name, shown, path, _paths(tags), arch=_first(tags, _ARCH))


def _paths(tags: Mapping[int, Value]) -> tuple[str, ...]:
    names = tags.get(_BASE_NAMES, [])
    folders = tags.get(_DIR_NAMES, [])
    found = []
    for name, index in zip(names, tags.get(_DIR_INDEXES, []), strict=False):
        if isinstance(index, int) and 0 <= index < len(folders):
            found.append(f"{folders[index]}{name}".lstrip("/"))
    return tuple(found)


def _first(tags: Mapping[int, Value], tag: int) -> str:
    values = tags.get(tag)
    return str(values[0]) if values else ""


def _tags(header: bytes) -> dict[int, Value]:
    """The wanted tags of a header: index entries, then the store that they point into."""
    entries, size = struct.unpack_from(">II", header, 0)
    if entries > _MAX_ENTRIES:
        raise ValueError("too many entries")
    start = 8 + 16 * entries
    store = header[start : start + size]
    found: dict[int, Value] = {}
    for index in range(entries):
        tag, kind, at, count = struct.unpack_from(">IIII", header, 8 + 16 * index)
        if tag not in _WANTED or count > _MAX_COUNT:
            continue
        if kind == _INT32:
            found[tag] = list(struct.unpack_from(f">{count}I", store, at))
        elif kind in (_STRING, _STRINGS, _I18N):
            found[tag] = _strings(store, at, 1 if kind == _STRING else count)
    return found


def _strings(store: bytes, at: int, count: int) -> list[str]:
    found = []
    for _ in range(count):
        end = store.index(b"\0", at)
        found.append(store[at:end].decode("utf-8", "replace"))
        at = end + 1
    return found

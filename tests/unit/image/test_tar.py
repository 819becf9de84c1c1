from __future__ import annotations

import io
import tarfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imgopt.errors import ImageError
from imgopt.image.streams import Pieces
from imgopt.image.tar import Tar

NAMES = st.text("abc/é", min_size=1, max_size=300).filter(lambda n: n.strip("/"))
KINDS = st.sampled_from(
    [tarfile.REGTYPE, tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE]
)
MEMBERS = st.lists(
    st.tuples(
        NAMES, KINDS, st.binary(max_size=1500), st.integers(0, 0o7777), st.integers(0, 2**31)
    ),
    max_size=8,
)


def members(data: bytes, chunk: int = 1000) -> list[tuple[object, ...]]:
    tar = Tar(Pieces(data[at : at + chunk] for at in range(0, len(data), chunk)), "test")
    return [
        (m.path, m.kind, m.size_bytes, m.mode, m.uid, m.link, b"".join(map(bytes, tar.content())))
        for m in tar
    ]


@settings(max_examples=60, deadline=None)
@given(
    MEMBERS,
    st.sampled_from([tarfile.GNU_FORMAT, tarfile.PAX_FORMAT]),
    st.sampled_from([1, 100, 512, 10_000]),
)
def test_members_are_those_that_tarfile_reads(
    made: list[tuple[str, bytes, bytes, int, int]], format_: int, chunk: int
) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=format_) as archive:
        for name, kind, data, mode, uid in made:
            info = tarfile.TarInfo(name)
            info.type, info.mode, info.uid = kind, mode, uid
            info.linkname = name[::-1] if kind in (tarfile.SYMTYPE, tarfile.LNKTYPE) else ""
            info.size = len(data) if kind == tarfile.REGTYPE else 0
            archive.addfile(info, io.BytesIO(data))
    buffer.seek(0)
    expected = []
    with tarfile.open(fileobj=buffer) as archive:
        for info in archive:
            stream = archive.extractfile(info) if info.isreg() else None
            content = stream.read() if stream else b""
            path = "/".join(part for part in info.name.split("/") if part)
            expected.append((path, info.mode, info.uid, info.linkname, content))
    found = members(buffer.getvalue(), chunk)
    assert [
        (path, mode, uid, link, data) for path, _, _, mode, uid, link, data in found
    ] == expected


def test_a_path_stays_below_the_root() -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name in ("../../etc/passwd", "/etc/shadow", "./a/../b", "a//b/"):
            archive.addfile(tarfile.TarInfo(name))
    assert [row[0] for row in members(buffer.getvalue())] == [
        "etc/passwd",
        "etc/shadow",
        "b",
        "a/b",
    ]


def tampered(at: int, text: bytes, fix: bool = True) -> bytes:
    """A tar of one file whose header has `text` at a place."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.GNU_FORMAT) as archive:
        info = tarfile.TarInfo("a")
        info.size = 3
        archive.addfile(info, io.BytesIO(b"abc"))
    data = bytearray(buffer.getvalue())
    data[at : at + len(text)] = text
    if fix:
        data[148:156] = b" " * 8
        data[148:156] = b"%06o\0 " % sum(data[:512])
    return bytes(data)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (tampered(124, b"\x80" + b"\xff" * 11), "a tar header with the number"),
        (tampered(124, b"\xff" * 12), "negative size"),
        (tampered(124, b"99999999999\0"), "not a tar, or damaged"),
        (tampered(0, b"b", fix=False), "checksum"),
        (tampered(156, b"x"), "damaged pax header"),
        (tampered(0, b"a")[:513], "cut off"),
        (tampered(0, b"a")[:300], "cut off"),
        (tampered(124, b"77777777777\0"), "cut off"),
    ],
)
def test_headers_that_lie_are_refused(data: bytes, words: str) -> None:
    with pytest.raises(ImageError, match=words):
        members(data)

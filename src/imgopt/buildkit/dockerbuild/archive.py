"""Files of builds: .dockerbuild (gzipped), a bare tar, or several of them in one zip.

Nothing is extracted by its name; what is unpacked goes to a nameless temporary file, to a limit.
"""

from __future__ import annotations

import os
import stat
import tempfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO

from imgopt.buildkit.dockerbuild.allowance import Allowance
from imgopt.buildkit.dockerbuild.layout import Layout
from imgopt.errors import ConfigError

MAX_MEMBERS = 10_000
MAX_DIRECTORY_BYTES = 2_000_000
MAX_FILES = 100_000
SUFFIXES = (".dockerbuild", ".zip")

_BLOCK = 512
_CHUNK = 1 << 20
_GZIP, _GZIP_BITS = b"\x1f\x8b", 31
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_USTAR = slice(257, 262)
_END, _END_LENGTH, _COMMENT = b"PK\x05\x06", 22, 1 << 16
_END64, _END64_LENGTH, _END64_LOCATOR = b"PK\x06\x06", 56, b"PK\x06\x07"


def files_of(paths: list[Path]) -> list[Path]:
    """The named files, and of named folders all .dockerbuild and .zip files at any depth.

    ConfigError for a folder without any.
    """
    found: list[Path] = []
    for path in paths:
        if not path.is_dir():
            found.append(path)
            continue
        inside = sorted(
            Path(folder, name)
            for folder, _, names in os.walk(path)
            for name in names
            if name.endswith(SUFFIXES)
        )
        if not inside:
            raise ConfigError(f"{path} holds no {' or '.join(SUFFIXES)} files")
        found += inside
        if len(found) > MAX_FILES:
            raise ConfigError(f"{path} holds more than {MAX_FILES} files")
    return found


def layouts(name: str, stream: IO[bytes]) -> Iterator[Layout]:
    """The build record archives of a file; each is closed when the next one is asked for.

    ConfigError with the file's name for one that is broken, too big or something else.
    """
    allowance = Allowance()
    with ExitStack() as stack:
        file = stream
        if not stream.seekable():
            file = stack.enter_context(_spooled(name, _read(name, stream), allowance))
        head = file.read(_BLOCK)
        file.seek(0)
        if head.startswith(_ZIP):
            yield from _members(name, file, allowance)
        else:
            yield from _one(name, file, head, allowance)


def open_regular(path: Path) -> IO[bytes]:
    """A regular file, open; ConfigError with the path and the reason, never a wait for a FIFO."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise ConfigError(f"{path}: cannot be read ({reason})") from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise ConfigError(f"{path}: is not a regular file")
    return os.fdopen(descriptor, "rb")


def _one(name: str, file: IO[bytes], head: bytes, allowance: Allowance) -> Iterator[Layout]:
    if head.startswith(_GZIP):
        with _spooled(name, _gunzipped(name, file), allowance) as tar:
            yield Layout(name, tar, allowance)
    elif head[_USTAR] == b"ustar":
        yield Layout(name, file, allowance)
    else:
        raise ConfigError(
            f"{name} is no build record: neither a .dockerbuild file nor a zip of them"
        )


def _members(name: str, file: IO[bytes], allowance: Allowance) -> Iterator[Layout]:
    """The archives in a zip; other files in it are passed over."""
    _check_directory(name, file)
    count = 0
    try:
        archive = zipfile.ZipFile(file)
    except (zipfile.BadZipFile, ValueError, OSError) as error:
        raise ConfigError(f"{name}: a broken zip file ({error})") from error
    with archive:
        entries = [entry for entry in archive.infolist() if not entry.is_dir()]
        if len(entries) > MAX_MEMBERS:
            raise ConfigError(f"{name} holds more than {MAX_MEMBERS} files")
        for entry in entries:
            inner = f"{name}: {entry.filename[:200]}"
            with _member(inner, archive, entry, allowance) as member:
                head = member.read(_BLOCK)
                member.seek(0)
                if head.startswith(_ZIP):
                    raise ConfigError(f"{inner}: a zip inside a zip is not read; unpack it first")
                if entry.filename.endswith(SUFFIXES[0]) or head.startswith(_GZIP):
                    count += 1
                    yield from _one(inner, member, head, allowance)
    if not count:
        raise ConfigError(f"{name} holds no .dockerbuild files")


@contextmanager
def _member(
    inner: str, archive: zipfile.ZipFile, entry: zipfile.ZipInfo, allowance: Allowance
) -> Iterator[IO[bytes]]:
    try:
        packed = archive.open(entry)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, ValueError, OSError) as error:
        raise ConfigError(f"{inner}: cannot be unpacked ({error})") from error
    with packed, _spooled(inner, _read(inner, packed), allowance) as member:
        yield member


@contextmanager
def _spooled(name: str, chunks: Iterable[bytes], allowance: Allowance) -> Iterator[IO[bytes]]:
    """Bytes in a file without a name; ConfigError when they are too many."""
    with tempfile.TemporaryFile() as copy:
        for chunk in chunks:
            allowance.unpack(len(chunk), name)
            copy.write(chunk)
        copy.seek(0)
        yield copy


def _read(name: str, stream: IO[bytes]) -> Iterator[bytes]:
    try:
        while chunk := stream.read(_CHUNK):
            yield chunk
    except (EOFError, zlib.error, zipfile.BadZipFile) as error:
        raise _broken(name, error) from error


def _gunzipped(name: str, stream: IO[bytes]) -> Iterator[bytes]:
    """What a gzip file holds; Python's own reader takes a header byte by byte, however long."""
    inflater = zlib.decompressobj(_GZIP_BITS)
    packed = b""
    try:
        while packed := packed or stream.read(_CHUNK):
            yield inflater.decompress(packed, _CHUNK)
            packed = inflater.unconsumed_tail
            if inflater.eof:  # another member may follow
                packed = inflater.unused_data
                if packed and not packed.startswith(_GZIP):
                    return  # padding
                inflater = zlib.decompressobj(_GZIP_BITS) if packed else inflater
    except zlib.error as error:
        raise _broken(name, error) from error
    if not inflater.eof:
        raise _broken(name, EOFError("it ends too early"))


def _broken(name: str, error: Exception) -> ConfigError:
    return ConfigError(f"{name} is broken or cut off ({error})")


def _check_directory(name: str, file: IO[bytes]) -> None:
    """ConfigError for a zip with a table of contents that would fill the memory.

    Wherever zipfile may look for its size, it must not be too large.
    """
    end = file.seek(0, 2)
    start = max(0, end - _END_LENGTH - _COMMENT)
    file.seek(start)
    tail = file.read()
    file.seek(0)
    places = {len(tail) - _END_LENGTH, tail.rfind(_END)}
    if not any(at >= 0 and tail.startswith(_END, at) for at in places):
        raise ConfigError(f"{name}: a broken zip file (it has no table of contents)")
    sizes = [_size(tail, at + 12, 4) for at in places if at >= 0]
    for at in places:
        before = tail[: max(at, 0)]
        if before[-20:].startswith(_END64_LOCATOR):
            sizes += _sizes_64(file, start + at - 20, _size(before, len(before) - 12, 8), end)
    if max(sizes) > MAX_DIRECTORY_BYTES:
        raise ConfigError(f"{name} holds too many files")


def _sizes_64(file: IO[bytes], locator: int, offset: int, end: int) -> list[int]:
    """What zip64 says of that size, where the locator points to and right before it."""
    found = []
    for place in (min(offset, end), max(locator - _END64_LENGTH, 0)):
        file.seek(place)
        record = file.read(_END64_LENGTH)
        if record.startswith(_END64):
            found.append(_size(record, 40, 8))
    file.seek(0)
    return found


def _size(data: bytes, at: int, length: int) -> int:
    return int.from_bytes(data[at : at + length], "little")

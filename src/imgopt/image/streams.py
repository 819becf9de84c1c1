"""Bytes as they come: read ahead in a thread, decompressed, and taken in pieces of exact size."""

from __future__ import annotations

import queue
import threading
import zlib
from collections.abc import Iterable, Iterator
from typing import IO, cast

from imgopt.errors import ImageError

CHUNK_BYTES = 1 << 18
_WINDOW_BYTES = 1 << 27  # of zstd: what its command line accepts without --long
_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
_AHEAD = 16  # chunks


def chunks_of(stream: IO[bytes]) -> Iterator[bytes]:
    """A stream in chunks, to its end."""
    while data := stream.read(CHUNK_BYTES):
        yield data


def ahead(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The same chunks, made in another thread while the caller works on those before.

    What the other thread raises is raised here. When the caller stops early, so does the thread.
    """
    made: queue.Queue[bytes | None] = queue.Queue(_AHEAD)
    stopped = threading.Event()
    trouble: list[BaseException] = []

    def make() -> None:
        try:
            for chunk in chunks:
                if not _put(made, chunk, stopped):
                    return
        except BaseException as error:  # handed over to the thread that asked
            trouble.append(error)
        _put(made, None, stopped)

    thread = threading.Thread(target=make, daemon=True, name="imgopt-read-ahead")
    thread.start()
    try:
        while (chunk := made.get()) is not None:
            yield chunk
        if trouble:
            raise trouble[0]
    finally:
        stopped.set()
        thread.join()


def _put(made: queue.Queue[bytes | None], chunk: bytes | None, stopped: threading.Event) -> bool:
    while not stopped.is_set():
        try:
            made.put(chunk, timeout=0.2)
        except queue.Full:
            continue
        return True
    return False


class Pieces:
    """Chunks, taken in pieces of the size that is asked for."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = iter(chunks)
        self._chunk = b""
        self._at = 0

    def take(self, size: int) -> bytes:
        """The next `size` bytes, fewer at the end."""
        end = self._at + size
        if end <= len(self._chunk):
            data = self._chunk[self._at : end]
            self._at = end
            return data
        return b"".join(bytes(part) for part in self.parts(size))

    def peek(self, size: int) -> bytes:
        """The next bytes, without taking them; fewer at the end."""
        while len(self._chunk) - self._at < size:
            more = next(self._chunks, b"")
            if not more:
                break
            self._chunk = self._chunk[self._at :] + more
            self._at = 0
        return self._chunk[self._at : self._at + size]

    def parts(self, size: int) -> Iterator[memoryview]:
        """The next `size` bytes without copying them; fewer at the end."""
        while size > 0:
            left = len(self._chunk) - self._at
            if left == 0:
                self._chunk = next(self._chunks, b"")
                self._at = 0
                left = len(self._chunk)
                if not left:
                    return
            count = min(size, left)
            start = self._at
            self._at += count
            size -= count
            yield memoryview(self._chunk)[start : start + count]

    def skip(self, size: int) -> int:
        """Pass over bytes; how many there were."""
        return sum(len(part) for part in self.parts(size))

    def rest(self) -> Iterator[bytes]:
        """All that is left."""
        if self._at < len(self._chunk):
            yield self._chunk[self._at :]
        self._chunk, self._at = b"", 0
        yield from self._chunks


def decompressed(chunks: Iterable[bytes], name: str) -> Iterator[bytes]:
    """The chunks of a gzip or zstd stream, decompressed; those of any other as they are.

    Several gzip members or zstd frames after one another are one stream (so estargz and
    zstd:chunked layers are read). ImageError for a stream that is damaged or cut off.
    """
    pieces = Pieces(chunks)
    head = pieces.peek(4)
    if head[:2] == _GZIP:
        return _inflated(pieces.rest(), name)
    if head == _ZSTD or _is_skippable(head):
        return _unzstd(pieces.rest(), name)
    return pieces.rest()


def compression(head: bytes) -> str:
    """`gzip`, `zstd` or nothing, from the first four bytes of a stream."""
    if head[:2] == _GZIP:
        return "gzip"
    return "zstd" if head[:4] == _ZSTD or _is_skippable(head[:4]) else ""


def _is_skippable(head: bytes) -> bool:
    return len(head) == 4 and head[1:] == b"\x2a\x4d\x18" and head[0] & 0xF0 == 0x50


def _inflated(chunks: Iterator[bytes], name: str) -> Iterator[bytes]:
    from isal import igzip_lib, isal_zlib

    damaged = cast("type[Exception]", igzip_lib.IsalError)  # its stubs take it for an instance
    wanted = 16 + zlib.MAX_WBITS
    inflate = isal_zlib.decompressobj(wbits=wanted)
    begun = False
    try:
        for chunk in chunks:
            data = chunk
            while data:
                if inflate.eof:
                    if not data.strip(b"\0"):
                        break  # padding
                    inflate = isal_zlib.decompressobj(wbits=wanted)
                begun = True
                made = inflate.decompress(data, CHUNK_BYTES)
                if made:
                    yield made
                data = inflate.unused_data if inflate.eof else inflate.unconsumed_tail
    except damaged as error:
        raise ImageError(f"{name}: its gzip stream is damaged ({error})") from error
    if begun and not inflate.eof:
        raise ImageError(f"{name}: its gzip stream is cut off")


def _unzstd(chunks: Iterator[bytes], name: str) -> Iterator[bytes]:
    import zstandard

    source = cast("IO[bytes]", _Readable(chunks))
    decompressor = zstandard.ZstdDecompressor(max_window_size=_WINDOW_BYTES)
    reader = decompressor.stream_reader(source, read_across_frames=True)
    try:
        while made := reader.read(CHUNK_BYTES):
            yield made
    except zstandard.ZstdError as error:
        raise ImageError(f"{name}: its zstd stream is damaged ({error})") from error


class _Readable:
    """What the decompressor reads from."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._pieces = Pieces(chunks)

    def read(self, size: int = CHUNK_BYTES) -> bytes:
        return self._pieces.take(size if size > 0 else CHUNK_BYTES)

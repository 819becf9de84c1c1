"""What was read of layers, kept by the digest of the layer; bounded, and safe to delete."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Protocol

import msgspec

import imgopt
from imgopt import files
from imgopt.image.scan import LayerScan

MAX_BYTES = 512_000_000
_FORMAT = 1
_MAX_SCAN_BYTES = 1_000_000_000
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


def default_folder() -> Path:
    """The user's cache folder (XDG Base Directory Specification)."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    root = Path(base) if base.startswith("/") else Path.home() / ".cache"
    return root / "imgopt" / "layers"


class Layers(Protocol):
    """What is known of layers, by their digests."""

    def get(self, digest: str) -> LayerScan | None: ...

    def put(self, digest: str, scan: LayerScan) -> None: ...


class LayerCache:
    """Scans by digest. What cannot be read or written is as if it were not there.

    Other versions of imgopt look for other things in a layer, so each has scans of its own.
    """

    def __init__(self, folder: Path | None, max_bytes: int = MAX_BYTES) -> None:
        self._root = folder
        self._max_bytes = max_bytes
        self._written = 0

    def get(self, digest: str) -> LayerScan | None:
        """What was read of the layer; None when it was not, or is no more."""
        path = self._path(digest)
        if path is None:
            return None
        import zstandard

        try:
            data = path.read_bytes()
            unpacked = zstandard.ZstdDecompressor().decompress(data, _MAX_SCAN_BYTES)
            found = msgspec.msgpack.decode(unpacked, type=LayerScan)
            os.utime(path)
        except (OSError, zstandard.ZstdError, msgspec.MsgspecError, ValueError):
            return None
        return found

    def put(self, digest: str, scan: LayerScan) -> None:
        """Keep what was read; `digest` must have been worked out from the bytes themselves."""
        path = self._path(digest)
        if path is None:
            return
        import zstandard

        data = zstandard.ZstdCompressor(level=3).compress(msgspec.msgpack.encode(scan))
        if len(data) > self._max_bytes // 4:
            return
        with suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            files.write(path, data)
            self._written += len(data)
            if self._written > self._max_bytes // 8:
                self.trim()

    def trim(self) -> None:
        """Remove what was not used for longest, until the rest is within the limit."""
        self._written = 0
        kept = sorted(self._entries(), reverse=True)
        total = 0
        for _, size, path in kept:
            total += size
            if total > self._max_bytes:
                with suppress(OSError):
                    path.unlink()

    def _entries(self) -> Iterator[tuple[float, int, Path]]:
        if self._root is None:
            return
        for path in self._root.glob("*/*.scan"):
            with suppress(OSError):
                status = path.stat()
                yield status.st_mtime, status.st_size, path

    def _path(self, digest: str) -> Path | None:
        if self._root is None or not _DIGEST.fullmatch(digest):
            return None
        version = f"{imgopt.__version__}-{_FORMAT}"
        return self._root / version / f"{digest.removeprefix('sha256:')}.scan"

"""One build record archive: an OCI layout in a tar, its blobs by their digests.

It is untrusted: nothing in it is a path, every blob must have its digest, everything has a limit.
Sources: OCI image-spec (image-layout.md, manifest.md), buildx's `history export`.
"""

from __future__ import annotations

import hashlib
import re
import tarfile
from collections.abc import Iterator
from typing import IO, Any, TypeVar

import msgspec

from imgopt.buildkit.dockerbuild.allowance import Allowance
from imgopt.documents import parse_json
from imgopt.errors import ConfigError

HISTORY_RECORD = "application/vnd.buildkit.historyrecord.v0"
STATUS = "application/vnd.buildkit.status.v0"
PROVENANCE = "application/vnd.in-toto+json"
CAUSE = "application/vnd.googeapis.google.rpc.status+proto"  # BuildKit's spelling
_INDEX = "application/vnd.oci.image.index.v1+json"

MAX_ENTRIES = 50_000
MAX_BUILDS = 10_000
MAX_DEPTH = 3
MAX_DOCUMENT_BYTES = 4_000_000
MAX_BLOB_BYTES = 32_000_000

_BLOCK = 512
_BLOB = re.compile(r"(?:\./)?blobs/sha256/([0-9a-f]{64})")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_WITH_CONTENT = (*tarfile.REGULAR_TYPES, tarfile.XHDTYPE, tarfile.XGLTYPE,
                 tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK)  # fmt: skip


_T = TypeVar("_T")


class Descriptor(msgspec.Struct, frozen=True, rename="camel"):
    """What the layout says of a blob."""

    digest: str
    media_type: str = ""


class _Index(msgspec.Struct, frozen=True):
    manifests: list[Descriptor]


class _Manifest(msgspec.Struct, frozen=True):
    config: Descriptor
    layers: list[Descriptor] = []


class Build(msgspec.Struct, frozen=True):
    """One build of a layout: its history record, and the blobs that belong to it."""

    name: str
    config: dict[str, Any]
    layout: Layout
    layers: tuple[Descriptor, ...]

    def blobs(self, media_type: str, limit: int = MAX_BLOB_BYTES) -> Iterator[bytes]:
        """Its blobs of one media type."""
        for layer in self.layers:
            if layer.media_type == media_type:
                yield self.layout.blob(layer.digest, limit)


class Layout:
    """The blobs of a tar. `name` is what messages call it; `stream` is the tar, to seek in;
    `allowance` is what its file may still cost."""

    def __init__(self, name: str, stream: IO[bytes], allowance: Allowance) -> None:
        self.name = name
        self.allowance = allowance
        self._stream = stream
        self._places = self._entries()

    def builds(self) -> Iterator[Build]:
        """The builds of the layout, each once. ConfigError where there is none."""
        count = 0
        for descriptor in self._manifests():
            manifest = self._document(descriptor.digest, _Manifest)
            if manifest.config.media_type != HISTORY_RECORD:
                continue
            count += 1
            data = self.blob(manifest.config.digest, MAX_DOCUMENT_BYTES)
            config = self._json(data, "its history record")
            if not isinstance(config, dict):
                raise ConfigError(f"{self.name}: its history record is no JSON object")
            yield Build(self.name, config, self, tuple(manifest.layers))
        if not count:
            raise ConfigError(
                f"{self.name} holds no build record; `docker buildx history export -o FILE` "
                "writes one"
            )

    def blob(self, digest: str, limit: int = MAX_BLOB_BYTES) -> bytes:
        """A blob by its digest; ConfigError where it is not there, too big, or another one."""
        short = digest[:19]
        if not _DIGEST.fullmatch(digest) or digest not in self._places:
            raise ConfigError(f"{self.name}: its blob {short!r} is missing")
        offset, size = self._places[digest]
        if size > limit:
            raise ConfigError(
                f"{self.name}: its blob {short} is larger than {limit // 1_000_000} MB, "
                "the most that is read"
            )
        self.allowance.read(size, self.name)
        self._stream.seek(offset)
        data = self._stream.read(size)
        if hashlib.sha256(data).hexdigest() != digest.partition(":")[2]:
            raise ConfigError(f"{self.name}: its blob {short} is not what its digest says")
        return data

    def _manifests(self) -> Iterator[Descriptor]:
        """All manifests, through indexes of indexes."""
        if "index.json" not in self._places:
            raise ConfigError(f"{self.name} is no build record: it has no index.json")
        offset, size = self._places["index.json"]
        if size > MAX_DOCUMENT_BYTES:
            raise ConfigError(f"{self.name}: its index.json is too large")
        self._stream.seek(offset)
        found = [(d, 1) for d in self._parsed(self._stream.read(size), _Index).manifests]
        seen: set[str] = set()
        while found:
            descriptor, depth = found.pop(0)
            if descriptor.digest in seen:
                continue
            seen.add(descriptor.digest)
            if len(seen) > MAX_BUILDS:
                raise ConfigError(f"{self.name} holds more than {MAX_BUILDS} builds")
            if descriptor.media_type != _INDEX:
                yield descriptor
            elif depth > MAX_DEPTH:
                raise ConfigError(f"{self.name}: its indexes are nested too deeply")
            else:
                inner = self._document(descriptor.digest, _Index).manifests
                found += [(d, depth + 1) for d in inner[: MAX_BUILDS + 1]]

    def _document(self, digest: str, kind: type[_T]) -> _T:
        return self._parsed(self.blob(digest, MAX_DOCUMENT_BYTES), kind)

    def _parsed(self, data: bytes, kind: type[_T]) -> _T:
        value = self._json(data, "its index")
        try:
            return msgspec.convert(value, kind)
        except msgspec.ValidationError as error:
            raise ConfigError(f"{self.name}: its index is not understood: {error}") from error

    def _json(self, data: bytes, what: str) -> Any:
        return document(data, f"{self.name}: {what}")

    def _entries(self) -> dict[str, tuple[int, int]]:
        """Where the blobs and index.json are: offset and size, by digest or name.

        tarfile itself would read headers of any length into memory.
        """
        end = self._stream.seek(0, 2)
        places: dict[str, tuple[int, int]] = {}
        position = 0
        for _ in range(MAX_ENTRIES):
            self._stream.seek(position)
            header = self._stream.read(_BLOCK)
            if not header.strip(b"\0"):
                return places
            try:
                entry = tarfile.TarInfo.frombuf(header, "utf-8", "replace")
            except (tarfile.HeaderError, ValueError) as error:
                raise ConfigError(f"{self.name}: not a tar archive ({error})") from error
            position += _BLOCK
            size = entry.size if entry.type in _WITH_CONTENT else 0
            if not 0 <= size <= end - position:
                raise ConfigError(f"{self.name} is cut off, or lies about its sizes")
            if entry.type in tarfile.REGULAR_TYPES:
                blob = _BLOB.fullmatch(entry.name)
                name = f"sha256:{blob[1]}" if blob else entry.name.removeprefix("./")
                if blob or name == "index.json":
                    places[name] = (position, size)
            position += -(-size // _BLOCK) * _BLOCK
        raise ConfigError(f"{self.name} has more than {MAX_ENTRIES} entries")


def document(data: bytes, what: str) -> Any:
    """The value of a JSON blob; ConfigError with `what` it is."""
    try:
        return parse_json(data.decode("utf-8"))
    except ValueError as error:
        raise ConfigError(f"{what} is not valid JSON: {error}") from error

"""What the archive of an image holds, as it streams: JSON documents, and layers by their entries.

Nothing is extracted to disk; the input is untrusted, so everything has a limit.
Source: OCI image-spec (image-layout.md, layer.md) and moby's image/spec (v1.2).
"""

from __future__ import annotations

import gzip
import json
import posixpath
import tarfile
import zlib
from collections.abc import Callable, Iterator
from typing import IO, Any, Generic, TypeVar, cast

import msgspec

from imgopt.errors import ImageError

MAX_DOCUMENT_BYTES = 8_000_000
MAX_ENTRIES = 5_000_000
MAX_NAME = 4096
_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"

Made = TypeVar("Made")


class Entry(msgspec.Struct, frozen=True):
    """One tar entry of a layer: cleaned path, size of its content, whether it is a folder."""

    path: str
    size_bytes: int
    is_folder: bool


class Manifest(msgspec.Struct, frozen=True):
    """One image of an archive: where its configuration and its layers are, lowest first."""

    config: str
    layers: tuple[str, ...]


class Contents(Generic[Made]):
    """An archive that has been read: `layers` are what was made of each, by path."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.documents: dict[str, bytes] = {}
        self.layers: dict[str, Made] = {}
        self.links: dict[str, str] = {}

    def manifests(self) -> list[Manifest]:
        """The images of the archive; ImageError when it names none."""
        try:
            if "manifest.json" in self.documents:
                return [
                    Manifest(str(row["Config"]), tuple(str(path) for path in row["Layers"]))
                    for row in self.document("manifest.json")
                ]
            if "index.json" in self.documents:
                return [self._oci()]
        except (KeyError, IndexError, TypeError, AttributeError) as error:
            raise ImageError(f"{self.name}: its manifest is not understood ({error})") from error
        raise ImageError(
            f"{self.name} is not an image archive: neither manifest.json nor index.json"
        )

    def config(self, manifest: Manifest) -> dict[str, Any]:
        """The configuration of an image."""
        found = self.document(manifest.config)
        if not isinstance(found, dict):
            raise ImageError(
                f"{self.name}: its manifest is not understood (the configuration is no object)"
            )
        return found

    def layer(self, path: str) -> Made:
        """What was made of the layer at that path."""
        clean = posixpath.normpath(path)
        found = self.layers.get(self.links.get(clean, clean))
        if found is None:
            raise ImageError(f"{self.name}: layer {path} is missing from the archive, or is no tar")
        return found

    def document(self, path: str) -> Any:
        """The JSON document at that path."""
        path = posixpath.normpath(path)
        data = self.documents.get(self.links.get(path, path))
        if data is None:
            raise ImageError(f"{self.name}: the archive names {path}, but does not hold it")
        try:
            return json.loads(data)
        except (ValueError, RecursionError) as error:
            raise ImageError(f"{self.name}: {path} is not valid JSON: {error}") from error

    def _oci(self) -> Manifest:
        """The first image manifest that the index names."""

        def blob(descriptor: dict[str, Any]) -> str:
            algorithm, _, value = str(descriptor["digest"]).partition(":")
            return f"blobs/{algorithm}/{value}"

        todo = [d for d in self.document("index.json")["manifests"] if blob(d) in self.documents]
        for _ in range(8):
            manifest = self.document(blob(todo[0]))
            if "layers" in manifest:
                return Manifest(blob(manifest["config"]), tuple(map(blob, manifest["layers"])))
            todo = [d for d in manifest["manifests"] if blob(d) in self.documents]
        raise KeyError("no image manifest")


def read_contents(
    stream: IO[bytes], name: str, make: Callable[[str, Iterator[Entry]], Made]
) -> Contents[Made]:
    """Read an archive to its end; `make` gets each layer's path and entries.

    ImageError when it is no archive, is damaged, or goes over a limit.
    """
    found = Contents[Made](name)
    try:
        with tarfile.open(fileobj=stream, mode="r|") as archive:
            for member in archive:
                path = posixpath.normpath(member.name)
                if member.issym() or member.islnk():
                    found.links[path] = _link_target(path, member)
                elif member.isreg():
                    _take(archive, member, path, found, make)
    except (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise ImageError(f"{name} is not an image archive, or it is damaged: {error}") from error
    return found


def _link_target(path: str, member: tarfile.TarInfo) -> str:
    base = posixpath.dirname(path) if member.issym() else ""
    return posixpath.normpath(posixpath.join(base, member.linkname))


def _take(
    archive: tarfile.TarFile,
    member: tarfile.TarInfo,
    path: str,
    found: Contents[Made],
    make: Callable[[str, Iterator[Entry]], Made],
) -> None:
    stream = archive.extractfile(member)
    if stream is None:
        return
    head = stream.read(512)
    if head[:4] == _ZSTD:
        raise ImageError(f"{path}: a zstd layer; export the image with gzip or uncompressed layers")
    if head[:1] in (b"{", b"[") and member.size <= MAX_DOCUMENT_BYTES:
        found.documents[path] = head + stream.read()
    elif head[:2] == _GZIP or head[257:262] == b"ustar" or (head and not head.strip(b"\0")):
        found.layers[path] = make(path, _entries(_Rewound(head, stream), path))


class _Rewound:
    """A stream whose first bytes were read already and are given out again."""

    def __init__(self, head: bytes, rest: IO[bytes]) -> None:
        self._head = head
        self._rest = rest

    def read(self, size: int = -1) -> bytes:
        if not self._head:
            return self._rest.read(size)
        if size < 0:
            data, self._head = self._head + self._rest.read(), b""
            return data
        data, self._head = self._head[:size], self._head[size:]
        return data if len(data) == size else data + self._rest.read(size - len(data))


def _entries(stream: _Rewound, name: str) -> Iterator[Entry]:
    raw = cast("IO[bytes]", stream)
    compressed = stream._head[:2] == _GZIP
    source = cast("IO[bytes]", gzip.GzipFile(fileobj=raw, mode="rb")) if compressed else raw
    count = 0
    with tarfile.open(fileobj=source, mode="r|") as layer:
        for member in layer:
            count += 1
            if count > MAX_ENTRIES:
                raise ImageError(f"{name}: a layer with more than {MAX_ENTRIES} entries")
            if len(member.name) > MAX_NAME:
                raise ImageError(f"{name}: an entry with a name of {len(member.name)} characters")
            path = posixpath.normpath("/" + member.name).lstrip("/")
            if path and path != ".":
                size = member.size if member.isreg() else 0
                yield Entry(path, size, member.isdir())
            layer.members = []  # type: ignore[attr-defined]  # else tarfile keeps every header

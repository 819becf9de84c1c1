"""Reads an image archive as it streams: docker-archive and OCI layout, as `docker save` writes.

Nothing is extracted to disk; the input is untrusted, so everything has a limit.
Source: OCI image-spec (image-layout.md, layer.md) and moby's image/spec (v1.2).
"""

from __future__ import annotations

import gzip
import json
import posixpath
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, cast

import msgspec

from imgopt.docker import images
from imgopt.errors import ImageError

MAX_DOCUMENT_BYTES = 8_000_000
MAX_ENTRIES = 5_000_000
MAX_NAME = 4096
_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"


class Entry(msgspec.Struct, frozen=True):
    """One tar entry of a layer: cleaned path, size of its content, whether it is a folder."""

    path: str
    size_bytes: int
    is_folder: bool


class LayerFiles(msgspec.Struct):
    """The entries of one layer in the order in which they stand."""

    name: str
    entries: list[Entry]


class Archive(msgspec.Struct, frozen=True):
    """An image: its configuration and its layers, lowest first."""

    id: str
    config: dict[str, Any]
    layers: tuple[LayerFiles, ...]


@contextmanager
def open_image(name: str) -> Iterator[IO[bytes]]:
    """The stream of an archive file, or of `docker save` for anything that is no file."""
    path = Path(name)
    if path.is_file():
        try:
            with path.open("rb") as stream:
                yield stream
        except OSError as error:
            raise ImageError(f"{name}: cannot read it ({error.strerror})") from error
        return
    if path.is_dir():
        raise ImageError(f"{name} is a folder; name an image or an archive of `docker save`")
    with images.save(name) as stream:
        yield stream


def read_archive(stream: IO[bytes], name: str) -> Archive:
    """Read a whole archive; ImageError when it is none or goes over a limit."""
    documents: dict[str, bytes] = {}
    layers: dict[str, LayerFiles] = {}
    links: dict[str, str] = {}
    try:
        with tarfile.open(fileobj=stream, mode="r|") as archive:
            for member in archive:
                path = posixpath.normpath(member.name)
                if member.issym() or member.islnk():
                    links[path] = _link_target(path, member)
                elif member.isreg():
                    _take(archive, member, path, documents, layers)
    except (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise ImageError(f"{name} is no image archive, or it is damaged: {error}") from error
    return _assemble(name, documents, layers, links)


def _link_target(path: str, member: tarfile.TarInfo) -> str:
    base = posixpath.dirname(path) if member.issym() else ""
    return posixpath.normpath(posixpath.join(base, member.linkname))


def _take(
    archive: tarfile.TarFile,
    member: tarfile.TarInfo,
    path: str,
    documents: dict[str, bytes],
    layers: dict[str, LayerFiles],
) -> None:
    stream = archive.extractfile(member)
    if stream is None:
        return
    head = stream.read(512)
    if head[:4] == _ZSTD:
        raise ImageError(f"{path}: a zstd layer; export the image with gzip or uncompressed layers")
    if head[:1] in (b"{", b"[") and member.size <= MAX_DOCUMENT_BYTES:
        documents[path] = head + stream.read()
    elif head[:2] == _GZIP or head[257:262] == b"ustar" or (head and not head.strip(b"\0")):
        layers[path] = LayerFiles(path, list(_entries(_Rewound(head, stream), path)))


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


def _assemble(
    name: str, documents: dict[str, bytes], layers: dict[str, LayerFiles], links: dict[str, str]
) -> Archive:
    def document(path: str) -> Any:
        path = posixpath.normpath(path)
        data = documents.get(links.get(path, path))
        if data is None:
            raise ImageError(f"{name}: the archive names {path}, but does not hold it")
        try:
            return json.loads(data)
        except (ValueError, RecursionError) as error:
            raise ImageError(f"{name}: {path} is not valid JSON: {error}") from error

    try:
        if "manifest.json" in documents:
            manifest = document("manifest.json")[0]
            config_path, paths = str(manifest["Config"]), [str(p) for p in manifest["Layers"]]
        elif "index.json" in documents:
            config_path, paths = _oci(document, documents)
        else:
            raise ImageError(f"{name} is no image archive: neither manifest.json nor index.json")
        config = document(config_path)
        if not isinstance(config, dict):
            raise TypeError("the configuration is no object")
    except (KeyError, IndexError, TypeError, AttributeError) as error:
        raise ImageError(f"{name}: its manifest is not understood ({error})") from error
    found = []
    for path in paths:
        clean = posixpath.normpath(path)
        layer = layers.get(links.get(clean, clean))
        if layer is None:
            raise ImageError(f"{name}: layer {path} is missing from the archive, or is no tar")
        found.append(layer)
    digest = posixpath.basename(config_path).removesuffix(".json")
    return Archive(f"sha256:{digest}", config, tuple(found))


def _oci(document: Any, documents: dict[str, bytes]) -> tuple[str, list[str]]:
    """Config and layer paths of the first image manifest that the index names."""

    def blob(descriptor: dict[str, Any]) -> str:
        algorithm, _, value = str(descriptor["digest"]).partition(":")
        return f"blobs/{algorithm}/{value}"

    todo = [d for d in document("index.json")["manifests"] if blob(d) in documents]
    for _ in range(8):
        manifest = document(blob(todo[0]))
        if "layers" in manifest:
            return blob(manifest["config"]), [blob(d) for d in manifest["layers"]]
        todo = [d for d in manifest["manifests"] if blob(d) in documents]
    raise KeyError("no image manifest")

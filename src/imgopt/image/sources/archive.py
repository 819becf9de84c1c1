"""An image out of an archive's stream: what `docker save` writes, old and new, and OCI tars.

The stream is read once, to its end, and nothing is written to disk. Sources: moby image/spec
(v1.2), OCI image-spec (image-layout.md).
"""

from __future__ import annotations

import hashlib
import posixpath
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from imgopt.errors import ImageError
from imgopt.image import manifests
from imgopt.image.cache import Layers
from imgopt.image.manifests import MAX_DOCUMENT_BYTES, Descriptor
from imgopt.image.model import ReadImage, ReadLayer
from imgopt.image.scan import LayerScan, ReadLayerFiles, scan
from imgopt.image.streams import Pieces, ahead, compression, decompressed
from imgopt.image.tar import Member, Tar

_MAX_BLOBS = 10_000
_MAX_DOCUMENTS_BYTES = 64_000_000
_HEAD = 512


class _Blob(msgspec.Struct, frozen=True):
    """A layer of the archive: digest and size as it is stored."""

    digest: str
    size_bytes: int
    is_compressed: bool
    scan: LayerScan


class Archive:
    """All that an archive holds, by path."""

    def __init__(self, name: str, cache: Layers, read: ReadLayerFiles = scan) -> None:
        self._name = name
        self._cache = cache
        self._scan_layer = read
        self._documents: dict[str, bytes] = {}
        self._blobs: dict[str, _Blob] = {}
        self._links: dict[str, str] = {}

    def load(self, chunks: Iterable[bytes]) -> None:
        """Read the stream to its end; ImageError when it is none, or goes over a limit."""
        pieces = Pieces(decompressed(ahead(chunks), self._name))
        tar = Tar(pieces, self._name)
        kept = 0
        for number, member in enumerate(tar):
            if number > _MAX_BLOBS:
                raise ImageError(f"{self._name}: an archive of more than {_MAX_BLOBS} members")
            if member.kind in ("symlink", "hardlink"):
                base = posixpath.dirname(member.path) if member.kind == "symlink" else ""
                self._links[member.path] = posixpath.normpath(posixpath.join(base, member.link))
            elif member.kind == "file":
                kept += self._take(tar, member)
                if kept > _MAX_DOCUMENTS_BYTES:
                    raise ImageError(
                        f"{self._name}: more than {_MAX_DOCUMENTS_BYTES} bytes of JSON"
                    )

    def images(self, platform: str = "") -> list[ReadImage]:
        """The images of the archive, in its order; ImageError when it names none."""
        if "index.json" in self._documents and ("manifest.json" not in self._documents or platform):
            return [self._from_index(platform)]
        if "manifest.json" in self._documents:
            return self._from_manifest()
        raise ImageError(
            f"{self._name} is not an image archive: neither manifest.json nor index.json"
        )

    def _take(self, tar: Tar, member: Member) -> int:
        content = tar.content()
        head = bytes(next(content, memoryview(b"")))
        is_tar = head[257:262] == b"ustar" or (len(head) >= _HEAD and not head[:_HEAD].strip(b"\0"))
        if head[:1] in (b"{", b"[") and member.size_bytes <= MAX_DOCUMENT_BYTES and not is_tar:
            data = head + b"".join(bytes(part) for part in content)
            self._documents[member.path] = data
            return len(data)
        is_compressed = bool(compression(head[:4]))
        if is_tar or is_compressed:
            self._blobs[member.path] = self._layer(member, head, content, is_compressed)
        return 0

    def _layer(
        self, member: Member, head: bytes, rest: Iterator[memoryview], is_compressed: bool
    ) -> _Blob:
        known = self._cache.get(_digest_of(member.path))
        hashed = hashlib.sha256()

        def stored() -> Iterator[bytes]:
            hashed.update(head)
            yield head
            for part in rest:
                hashed.update(part)
                yield bytes(part)

        name = f"{self._name}: layer {member.path}"
        if known is None:
            found = self._scan_layer(ahead(decompressed(stored(), name)), name)
        else:
            for _ in stored():
                pass
        digest = f"sha256:{hashed.hexdigest()}"
        if known is not None and digest == _digest_of(member.path):
            found = known
        elif known is not None:
            raise ImageError(f"{name}: its content is not what its name says")
        else:
            self._cache.put(digest, found)
        return _Blob(digest, member.size_bytes, is_compressed, found)

    def _from_manifest(self) -> list[ReadImage]:
        rows = self._json("manifest.json")
        try:
            found = [
                self._image(str(row["Config"]), [str(path) for path in row["Layers"]])
                for row in rows[:_MAX_BLOBS]
            ]
        except (KeyError, TypeError) as error:
            raise ImageError(f"{self._name}: its manifest is not understood ({error!r})") from error
        if not found:
            raise ImageError(f"{self._name}: its manifest is not understood (it names no image)")
        return found

    def _from_index(self, platform: str) -> ReadImage:
        def fetch(wanted: Descriptor) -> bytes | None:
            return self._documents.get(_path_of(wanted.digest))

        document = manifests.parse(self._documents["index.json"], f"{self._name}: index.json")
        found = manifests.resolve(document, "", self._name, platform, fetch)
        paths = [_path_of(layer.digest) for layer in found.layers]
        image = self._image(_path_of(found.config.digest), paths)
        return msgspec.structs.replace(
            image, manifest_digest=found.digest, platform=found.platform or image.platform
        )

    def _image(self, config_path: str, layer_paths: list[str]) -> ReadImage:
        config = self._json(config_path)
        if not isinstance(config, dict):
            raise ImageError(f"{self._name}: its configuration is not understood")
        diff_ids = diff_ids_of(config)
        layers = []
        for index, path in enumerate(layer_paths):
            blob = self._blobs.get(self._resolved(path))
            if blob is None:
                raise ImageError(
                    f"{self._name}: layer {path} is missing from the archive, or is no tar"
                )
            diff_id = diff_ids[index] if index < len(diff_ids) else ""
            size = blob.size_bytes if blob.is_compressed else None
            layers.append(ReadLayer(diff_id, blob.digest, size, blob.scan))
        digest = posixpath.basename(config_path).removesuffix(".json")
        return ReadImage(self._name, f"sha256:{digest}", config, tuple(layers), "",
                         platform_of(config))  # fmt: skip

    def _json(self, path: str) -> Any:
        data = self._documents.get(self._resolved(path))
        if data is None:
            raise ImageError(f"{self._name}: the archive names {path}, but does not hold it")
        try:
            return msgspec.json.decode(data)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise ImageError(f"{self._name}: {path} is not valid JSON: {error}") from error

    def _resolved(self, path: str) -> str:
        clean = posixpath.normpath(path)
        return self._links.get(clean, clean)


def diff_ids_of(config: dict[str, Any]) -> list[str]:
    """The digests of the uncompressed layers that a configuration names."""
    rootfs = config.get("rootfs")
    found = rootfs.get("diff_ids") if isinstance(rootfs, dict) else None
    return [str(digest) for digest in found] if isinstance(found, list) else []


def platform_of(config: dict[str, Any]) -> str:
    """os/architecture[/variant] of a configuration."""
    parts = [config.get("os"), config.get("architecture"), config.get("variant")]
    return "/".join(str(part) for part in parts if part)


def _path_of(digest: str) -> str:
    return f"blobs/{digest.replace(':', '/', 1)}"


def _digest_of(path: str) -> str:
    """The digest that a blob's path promises; empty where it promises none."""
    folder, _, name = path.rpartition("/")
    return f"sha256:{name}" if folder == "blobs/sha256" else ""

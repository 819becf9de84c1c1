"""Layers that can be fetched one by one, by digest: those that are known are not fetched."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator

from imgopt.errors import ImageError
from imgopt.image import manifests
from imgopt.image.cache import Layers
from imgopt.image.manifests import Descriptor, Fetch, Manifest
from imgopt.image.model import ReadImage, ReadLayer
from imgopt.image.scan import LayerScan, ReadLayerFiles, scan
from imgopt.image.sources.archive import diff_ids_of, platform_of
from imgopt.image.streams import ahead, decompressed

Chunks = Callable[[Descriptor], Iterator[bytes]]
_UNCOMPRESSED = (".tar", "tar.foreign")


class BlobReader:
    """Reads layers by their descriptors; `read_bytes` counts what was read for it."""

    def __init__(self, cache: Layers, read: ReadLayerFiles = scan) -> None:
        self._cache = cache
        self._scan_layer = read
        self.read_bytes = 0

    def image(self, name: str, manifest: Manifest, fetch: Fetch, chunks: Chunks) -> ReadImage:
        """The image of a manifest; ImageError where a blob is missing or not what it should be."""
        data = fetch(manifest.config)
        if data is None:
            raise ImageError(f"{name}: the configuration {manifest.config.digest} is missing")
        _check(data, manifest.config, name)
        config = manifests.parse(data, f"{name}: its configuration")
        diff_ids = diff_ids_of(config)
        layers = []
        for index, layer in enumerate(manifest.layers):
            diff_id = diff_ids[index] if index < len(diff_ids) else ""
            size = None if layer.media_type.endswith(_UNCOMPRESSED) else layer.size_bytes
            layers.append(ReadLayer(diff_id, layer.digest, size, self._scan(name, layer, chunks)))
        return ReadImage(
            name, manifest.config.digest, config, tuple(layers), manifest.digest,
            manifest.platform or platform_of(config),
        )  # fmt: skip

    def _scan(self, name: str, layer: Descriptor, chunks: Chunks) -> LayerScan:
        known = self._cache.get(layer.digest)
        if known is not None:
            return known
        what = f"{name}: layer {layer.digest}"
        hashed = hashlib.new(layer.digest.partition(":")[0])
        size = 0

        def stored() -> Iterator[bytes]:
            nonlocal size
            for chunk in chunks(layer):
                size += len(chunk)
                if layer.size_bytes and size > layer.size_bytes:
                    raise ImageError(f"{what} is larger than its manifest says")
                hashed.update(chunk)
                yield chunk

        found = self._scan_layer(ahead(decompressed(ahead(stored()), what)), what)
        self.read_bytes += size
        if hashed.hexdigest() != layer.digest.partition(":")[2]:
            raise ImageError(f"{what}: its content is not what its digest says")
        self._cache.put(layer.digest, found)
        return found


def _check(data: bytes, wanted: Descriptor, name: str) -> None:
    algorithm, _, value = wanted.digest.partition(":")
    if hashlib.new(algorithm, data).hexdigest() != value:
        raise ImageError(f"{name}: {wanted.digest} is not what its digest says")

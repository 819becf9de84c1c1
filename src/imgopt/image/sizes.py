"""How big layers are: the sum of their files, uncompressed, as `imgopt analyze` counts it.

The engine's own numbers are others where images are in containerd's store: what its blocks and
folders take on the disk (`docker history`), and the compressed content, too (`docker images`).
"""

from __future__ import annotations

from collections.abc import Sequence

from imgopt.docker import images
from imgopt.image import scan
from imgopt.image.scan import LayerScan
from imgopt.image.sources.archive import Archive
from imgopt.image.streams import chunks_of

_AT_ONCE = 50  # images of one archive: their names are a URL


class _InMemory:
    """The sums of layers that were read, by digest."""

    def __init__(self) -> None:
        self._known: dict[str, LayerScan] = {}

    def get(self, digest: str) -> LayerScan | None:
        return self._known.get(digest)

    def put(self, digest: str, scan: LayerScan) -> None:
        self._known[digest] = scan


class LayerSizes:
    """Sizes by diff ID. A layer is read once, however many images have it."""

    def __init__(self) -> None:
        self._sizes: dict[str, int] = {}
        self._layers = _InMemory()

    def read(self, names: Sequence[str]) -> None:
        """Read the layers of images in the engine, which sends those that they share once.

        Raises EngineError and ImageError.
        """
        for start in range(0, len(names), _AT_ONCE):
            some = names[start : start + _AT_ONCE]
            archive = Archive(some[0], self._layers, scan.sizes)
            with images.save(*some) as stream:
                archive.load(chunks_of(stream))
            for image in archive.images():
                for layer in image.layers:
                    self._sizes[layer.diff_id] = layer.scan.size_bytes

    def of(self, diff_id: str) -> int | None:
        """The size of a layer in bytes; None when it has not been read."""
        return self._sizes.get(diff_id)

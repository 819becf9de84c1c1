"""How big layers are: the sum of their files, uncompressed, as `imgopt analyze` counts it.

The engine's own numbers are others where images are in containerd's store: what its blocks and
folders take on the disk (`docker history`), and the compressed content, too (`docker images`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from imgopt.docker import images
from imgopt.image.contents import Entry, read_contents

_AT_ONCE = 50  # images of one archive: their names are a URL


class LayerSizes:
    """Sizes by diff ID. A layer is read once, however many images have it."""

    def __init__(self) -> None:
        self._sizes: dict[str, int] = {}
        self._blobs: dict[str, int] = {}

    def read(self, names: Sequence[str]) -> None:
        """Read the layers of images in the engine, which sends those that they share once.

        Raises EngineError and ImageError.
        """
        for start in range(0, len(names), _AT_ONCE):
            some = names[start : start + _AT_ONCE]
            with images.save(*some) as stream:
                contents = read_contents(stream, some[0], self._size)
            for manifest in contents.manifests():
                ids = contents.config(manifest).get("rootfs", {}).get("diff_ids", ())
                for diff_id, path in zip(ids, manifest.layers, strict=False):
                    self._sizes[str(diff_id)] = contents.layer(path)
            self._blobs.update(contents.layers)

    def of(self, diff_id: str) -> int | None:
        """The size of a layer in bytes; None when it has not been read."""
        return self._sizes.get(diff_id)

    def _size(self, path: str, entries: Iterator[Entry]) -> int:
        known = self._blobs.get(path) if path.startswith("blobs/") else None  # named by content
        return sum(entry.size_bytes for entry in entries) if known is None else known

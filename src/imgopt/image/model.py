"""An image as it was read, from wherever: configuration, and layers with their files."""

from __future__ import annotations

from typing import Any

import msgspec

from imgopt.image.scan import LayerScan


class ReadLayer(msgspec.Struct, frozen=True):
    """One layer. `diff_id` is the digest of its uncompressed tar, `digest` that of the blob that
    the source keeps, `compressed_bytes` the blob's size; None where it is not compressed."""

    diff_id: str
    digest: str
    compressed_bytes: int | None
    scan: LayerScan


class ReadImage(msgspec.Struct, frozen=True):
    """An image: `id` is the digest of its configuration, `layers` are given lowest first."""

    name: str
    id: str
    config: dict[str, Any]
    layers: tuple[ReadLayer, ...]
    manifest_digest: str = ""
    platform: str = ""

"""ImageSet: what several images share; a contract: changes only add. Pure."""

from __future__ import annotations

import msgspec


class SharedLayer(msgspec.Struct, frozen=True):
    """One layer, and the images that have it, by their place in the set."""

    digest: str
    size_bytes: int
    compressed_bytes: int | None
    instruction: str
    images: tuple[int, ...]


class SetMember(msgspec.Struct, frozen=True):
    """One image; `own_bytes` are the layers that no other of the set has."""

    name: str
    id: str
    size_bytes: int
    own_bytes: int


class ImageSet(msgspec.Struct, frozen=True):
    """Images, and all their layers, those that most share first. `sum_bytes` counts every layer
    for each image, `node_bytes` once, uncompressed; `registry_bytes` once, compressed, None where
    the source does not keep compressed layers."""

    images: tuple[SetMember, ...]
    layers: tuple[SharedLayer, ...]
    sum_bytes: int
    node_bytes: int
    registry_bytes: int | None
    schema_version: int = 1

"""ImageRecord: what an image is made of; a contract (docs/architecture.md): changes only add."""

from __future__ import annotations

import hashlib

import msgspec


class ImageLayer(msgspec.Struct, frozen=True):
    """One layer. `size_bytes` is the sum of its files, `wasted_bytes` what later layers hide of it;
    `line` is 0 when no Dockerfile tells it, or it belongs to the base image."""

    index: int
    digest: str
    size_bytes: int
    files: int
    wasted_bytes: int
    instruction: str
    line: int


class Waste(msgspec.Struct, frozen=True):
    """Bytes that are in the image but not visible: `path` was stored in layer `layer` and is
    `overwritten` or `deleted` (`reason`) in layer `by`."""

    path: str
    size_bytes: int
    files: int
    layer: int
    by: int
    reason: str


class ImageRecord(msgspec.Struct, frozen=True):
    """One image; `waste` is sorted, the biggest first.

    `engine_bytes` is what the engine says of its size where it was asked, and
    `engine_content_bytes` how much of that are compressed layers beside the unpacked ones.
    """

    name: str
    id: str
    size_bytes: int
    wasted_bytes: int
    layers: tuple[ImageLayer, ...]
    waste: tuple[Waste, ...]
    engine_bytes: int = 0
    engine_content_bytes: int = 0
    schema_version: int = 1

    @property
    def efficiency(self) -> float:
        """The share of stored bytes that are visible, 0 to 1."""
        return 1 - self.wasted_bytes / self.size_bytes if self.size_bytes else 1.0


def encode(image: ImageRecord) -> bytes:
    """Canonical JSON: the same record always gives the same bytes."""
    return msgspec.json.encode(image, order="sorted")


def decode(data: bytes | str) -> ImageRecord:
    """A record from JSON; msgspec.DecodeError or ValidationError when it is none."""
    return msgspec.json.decode(data, type=ImageRecord)


def content_id(image: ImageRecord) -> str:
    """The record's identity: sha256 of its canonical JSON; fields that came later are to count
    only where they say something, as in build.py."""
    return hashlib.sha256(encode(image)).hexdigest()

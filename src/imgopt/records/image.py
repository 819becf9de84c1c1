"""ImageRecord: what an image is made of; a contract (docs/architecture.md): changes only add."""

from __future__ import annotations

import msgspec

from imgopt.records.identity import identity


class ImageLayer(msgspec.Struct, frozen=True):
    """One layer. `size_bytes` is the sum of its files, `wasted_bytes` what later layers hide of it;
    `line` is 0 when no Dockerfile tells it, or it belongs to the base image. `compressed_bytes`
    is None where the source keeps no compressed layers; `added`, `changed` and `deleted` count
    paths; `source` is the stage or image that a COPY --from brought it from."""

    index: int
    digest: str
    size_bytes: int
    files: int
    wasted_bytes: int
    instruction: str
    line: int
    compressed_bytes: int | None = None
    added: int = 0
    changed: int = 0
    deleted: int = 0
    source: str = ""


class Waste(msgspec.Struct, frozen=True):
    """Bytes that are in the image but not visible: `path` was stored in layer `layer` and is
    `overwritten` or `deleted` (`reason`) in layer `by`. With `same_content` it was stored again as
    it is, for another owner, mode or time."""

    path: str
    size_bytes: int
    files: int
    layer: int
    by: int
    reason: str
    same_content: bool = False


class Package(msgspec.Struct, frozen=True):
    """A package of the image: `ecosystem` is the type of its package URL (`purl`), `size_bytes` the
    sum of its visible files. `layer` is the one that brought most of it, `line` that layer's;
    `path` is where the image says so."""

    ecosystem: str
    name: str
    version: str
    purl: str
    size_bytes: int
    files: int
    layer: int
    line: int
    path: str


class ImageRecord(msgspec.Struct, frozen=True):
    """One image; `waste` is sorted, the biggest first.

    `engine_bytes` is what the engine says of its size where it was asked, and
    `engine_content_bytes` how much of that are compressed layers beside the unpacked ones.
    `packages` are sorted, the biggest first; `unowned_bytes` are visible files of none of them.
    """

    name: str
    id: str
    size_bytes: int
    wasted_bytes: int
    layers: tuple[ImageLayer, ...]
    waste: tuple[Waste, ...]
    engine_bytes: int = 0
    engine_content_bytes: int = 0
    platform: str = ""
    manifest_digest: str = ""
    packages: tuple[Package, ...] = ()
    unowned_bytes: int = 0
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
    """The record's identity; fields that came later count only where they say something."""
    return identity(image)

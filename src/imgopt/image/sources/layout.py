"""An image out of an OCI layout folder: only the layers that are not known yet are read.

Source: OCI image-spec, image-layout.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from imgopt.errors import ConfigError, ImageError
from imgopt.files import read_regular
from imgopt.image import manifests
from imgopt.image.manifests import MAX_DOCUMENT_BYTES, Descriptor
from imgopt.image.model import ReadImage
from imgopt.image.sources.blobs import BlobReader
from imgopt.image.streams import chunks_of


def is_layout(folder: Path) -> bool:
    """Whether a folder is an OCI layout."""
    return (folder / "index.json").is_file() and (folder / "blobs").is_dir()


def read(folder: Path, name: str, platform: str, blobs: BlobReader) -> ReadImage:
    """The image of a layout; ImageError where it has none, or a blob is not what its name says."""

    def path(wanted: Descriptor) -> Path:
        algorithm, _, value = wanted.digest.partition(":")
        return folder / "blobs" / algorithm / value

    def fetch(wanted: Descriptor) -> bytes | None:
        return _document(path(wanted)) if path(wanted).exists() else None

    def chunks(wanted: Descriptor) -> Iterator[bytes]:
        blob = path(wanted)
        if not blob.is_file():
            raise ImageError(f"{name}: layer {wanted.digest} is missing from the layout")
        try:
            with blob.open("rb") as stream:
                yield from chunks_of(stream)
        except OSError as error:
            raise ImageError(f"{blob}: cannot be read ({error.strerror})") from error

    document = manifests.parse(_document(folder / "index.json"), f"{name}: index.json")
    manifest = manifests.resolve(document, "", name, platform, fetch)
    return blobs.image(name, manifest, fetch, chunks)


def _document(path: Path) -> bytes:
    try:
        return read_regular(path, MAX_DOCUMENT_BYTES)
    except ConfigError as error:
        raise ImageError(str(error)) from error

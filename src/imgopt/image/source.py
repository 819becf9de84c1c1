"""Where an image comes from, a file or the engine, and the whole of it with all its entries."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import msgspec

from imgopt.docker import images
from imgopt.docker.images import ReportedSize
from imgopt.errors import ImageError
from imgopt.image.contents import Entry, read_contents


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


def reported_size(name: str) -> ReportedSize | None:
    """What the engine says of the image's size; None for an archive file."""
    return None if Path(name).is_file() else images.reported_size(name)


def read_archive(stream: IO[bytes], name: str) -> Archive:
    """The first image of an archive; ImageError when it is none or goes over a limit."""
    contents = read_contents(stream, name, lambda path, found: LayerFiles(path, list(found)))
    manifests = contents.manifests()
    if not manifests:
        raise ImageError(f"{name}: its manifest is not understood (it names no image)")
    first = manifests[0]
    digest = posixpath.basename(first.config).removesuffix(".json")
    layers = tuple(contents.layer(path) for path in first.layers)
    return Archive(f"sha256:{digest}", contents.config(first), layers)

"""What the user names, read: a file, a folder, standard input, a registry's or engine's image."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path

from imgopt.docker import images
from imgopt.docker.images import ReportedSize
from imgopt.errors import ImageError
from imgopt.image.cache import Layers
from imgopt.image.model import ReadImage
from imgopt.image.scan import SecretTest, scan
from imgopt.image.sources import layout, registry
from imgopt.image.sources.archive import Archive
from imgopt.image.sources.blobs import BlobReader
from imgopt.image.streams import chunks_of

STDIN = "-"


def read_image(
    name: str, cache: Layers, platform: str = "", secret_of: SecretTest | None = None
) -> ReadImage:
    """Read the image that `name` names; ImageError or EngineError where that fails.

    A name with `registry://` is a registry's, `-` standard input, an existing file an archive,
    an existing folder an OCI layout; every other one is an image in the engine.
    """
    read = partial(scan, secret_of=secret_of)
    if name.startswith(registry.SCHEME):
        return registry.read(name, platform, BlobReader(cache, read))
    if is_folder(name):
        if not layout.is_layout(Path(name)):
            raise ImageError(
                f"{name} is a folder, but no OCI layout; name an image, an archive or a layout"
            )
        return layout.read(Path(name), name, platform, BlobReader(cache, read))
    archive = Archive(name, cache, read)
    if name == STDIN:
        archive.load(chunks_of(sys.stdin.buffer))
    elif _is_file(name):
        try:
            with Path(name).open("rb") as stream:
                archive.load(chunks_of(stream))
        except OSError as error:
            raise ImageError(f"{name}: cannot read it ({error.strerror})") from error
    else:
        with images.save(name) as stream:
            archive.load(chunks_of(stream))
    return archive.images(platform)[0]


def is_in_engine(name: str) -> bool:
    """Whether a name is taken for an image in the engine."""
    return not (
        name == STDIN or name.startswith(registry.SCHEME) or _is_file(name) or is_folder(name)
    )


def is_folder(name: str) -> bool:
    try:
        return Path(name).is_dir()
    except (OSError, ValueError):
        return False


def _is_file(name: str) -> bool:
    try:
        return Path(name).is_file()
    except (OSError, ValueError):
        return False


def reported_size(name: str) -> ReportedSize | None:
    """What the engine says of the image's size; None for what is not in the engine."""
    return images.reported_size(name) if is_in_engine(name) else None

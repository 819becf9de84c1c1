"""The images that builds made: their layers with their lines, and their sizes as analyze counts.

The engine tells at once what a layer takes; where that is not the sum of its files, the files are
counted from the images themselves, of all samples at a time: layers that they share are read once.
"""

from __future__ import annotations

import msgspec

from imgopt.bench.options import Watcher
from imgopt.docker.images import ImageInfo
from imgopt.docker.images import image as inspect_image
from imgopt.errors import EngineError, ImageError
from imgopt.facts.file import FileFacts
from imgopt.image.analysis import analyze
from imgopt.image.cache import LayerCache, default_folder
from imgopt.image.layers import attribute
from imgopt.image.sizes import LayerSizes
from imgopt.image.sources.choose import read_image
from imgopt.records.build import BuildRecord, BuiltImage, Layer
from imgopt.records.image import ImageRecord

# Instructions that make a layer, if perhaps an empty one.
LAYERED = frozenset({"RUN", "COPY", "ADD", "WORKDIR"})


class ImageSizes:
    """The sizes of a session's images; they have to be read before the images are removed."""

    def __init__(self, watcher: Watcher) -> None:
        self._watcher = watcher
        self._layers = LayerSizes()
        self._unread: dict[tuple[str, ...], str] = {}  # diff IDs → the name of an image of them

    def note(self, tag: str, info: ImageInfo) -> None:
        """Count this image's files at the next reading, unless the engine has done so."""
        if not info.counts_files and any(self._layers.of(d) is None for d in info.diff_ids):
            self._unread[info.diff_ids] = tag

    def read(self) -> None:
        """Count the files of all images noted since the last time."""
        if not self._unread:
            return
        names, self._unread = list(self._unread.values()), {}
        self._watcher.step("reading the sizes of the images")
        try:
            self._layers.read(names)
        except (EngineError, ImageError) as error:
            self._watcher.warned(
                "", f"image sizes are the engine's, in blocks of its disk: {error}"
            )

    def exact(self, record: BuildRecord) -> BuildRecord:
        """The record with the sizes that were read; as it is where there are none."""
        layers = []
        for layer in record.image.layers:
            size = self._layers.of(layer.digest)
            if size is None:
                return record
            layers.append(msgspec.structs.replace(layer, size_bytes=size))
        image = msgspec.structs.replace(
            record.image, layers=tuple(layers), size_bytes=sum(x.size_bytes for x in layers)
        )
        return msgspec.structs.replace(record, image=image)


def searched(service: str, tag: str, facts: FileFacts, watcher: Watcher) -> ImageRecord | None:
    """What is in the image that a build left under this name; None, and a warning, where it
    cannot be read."""
    instructions = [
        i for link in facts.chain(facts.target_stages[0]) for i in link.stage.instructions
    ]
    watcher.step("looking for wasted bytes in the image")
    try:
        found = analyze(read_image(tag, LayerCache(default_folder())), instructions)
    except (EngineError, ImageError) as error:
        watcher.warned(service, f"wasted bytes are not known: {error}")
        return None
    return msgspec.structs.replace(found.record, name=service)


def built_image(tag: str, facts: FileFacts, sizes: ImageSizes) -> BuiltImage:
    """The image that a build left under this name, with the engine's sizes until others are read.

    EngineError or ImageError if it cannot be inspected.
    """
    info = inspect_image(tag)
    sizes.note(tag, info)
    target = facts.target_stages[0]
    instructions = [i for link in facts.chain(target) for i in link.stage.instructions]
    layers = []
    for entry, line in zip(info.history, attribute(info.history, instructions), strict=True):
        if entry.size_bytes == 0 and not line:
            continue
        instruction = line.keyword if line else ""
        if entry.size_bytes or instruction in LAYERED:
            layers.append(Layer("", entry.size_bytes, line.line if line else 0, instruction))
    if len(layers) == len(info.diff_ids):
        layers = [
            msgspec.structs.replace(layer, digest=digest)
            for layer, digest in zip(layers, info.diff_ids, strict=True)
        ]
    return BuiltImage(info.id, sum(e.size_bytes for e in info.history), tuple(layers))

"""An image that was read → ImageRecord."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import msgspec

from imgopt.docker.images import HistoryEntry, ReportedSize
from imgopt.dockerfile.model import Instruction
from imgopt.image.filesystem import FileSystem, Hidden
from imgopt.image.layers import attribute, shown_instruction
from imgopt.image.model import ReadImage
from imgopt.image.packages.owners import Inventory, inventory
from imgopt.image.packages.rows import packages
from imgopt.image.waste import find_waste, merge
from imgopt.records.image import ImageLayer, ImageRecord, Waste


class Analysis(msgspec.Struct, frozen=True):
    """An image with all that was found in it; `record` is the part that is shown and kept."""

    image: ReadImage
    record: ImageRecord
    system: FileSystem
    inventory: Inventory
    hidden: tuple[Hidden, ...]


def analyze(
    image: ReadImage,
    instructions: Sequence[Instruction] = (),
    reported: ReportedSize | None = None,
) -> Analysis:
    """Layers with their instructions and lines, waste, packages; and what the engine says of the
    size, if it was asked.

    `instructions` are those of the Dockerfile's final stage and of the stages that it inherits;
    empty when no Dockerfile is known.
    """
    system, hidden = merge([layer.scan.files for layer in image.layers])
    waste = find_waste(hidden)
    layers = _layers(image, instructions, waste, hidden)
    found = inventory(image, system)
    record = ImageRecord(
        name=image.name,
        id=image.id,
        size_bytes=sum(layer.size_bytes for layer in layers),
        wasted_bytes=sum(w.size_bytes for w in waste),
        layers=tuple(layers),
        waste=tuple(waste),
        engine_bytes=reported.size_bytes if reported else 0,
        engine_content_bytes=reported.content_bytes if reported else 0,
        platform=image.platform,
        manifest_digest=image.manifest_digest,
        packages=packages(found, layers),
        unowned_bytes=sum(placed.file.size_bytes for placed in found.unowned),
    )
    return Analysis(image, record, system, found, tuple(hidden))


class _Maker(msgspec.Struct, frozen=True):
    """What made a layer, as the history tells it; `line` is 0 where no Dockerfile does."""

    created_by: str = ""
    line: int = 0
    source: str = ""


def _makers(image: ReadImage, instructions: Sequence[Instruction]) -> list[_Maker]:
    """What made each layer; nothing is told where the history does not fit the layers."""
    history = [_Row(row) for row in image.config.get("history") or () if isinstance(row, dict)]
    entries = [HistoryEntry(row.created_by, 0) for row in history]
    makers = [
        _Maker(row.created_by, *(_told(instruction) if instruction else ()))
        for row, instruction in zip(history, attribute(entries, instructions), strict=True)
        if not row.empty
    ]
    count = len(image.layers)
    return makers if len(makers) == count else [_Maker()] * count


def _told(instruction: Instruction) -> tuple[int, str]:
    """The line, and what a COPY --from names."""
    return instruction.line, instruction.flag("from") or ""


def _layers(
    image: ReadImage,
    instructions: Sequence[Instruction],
    waste: Sequence[Waste],
    hidden: Sequence[Hidden],
) -> list[ImageLayer]:
    wasted: Counter[int] = Counter()
    for row in waste:
        wasted[row.layer] += row.size_bytes
    changed = Counter(row.by for row in hidden if row.successor is not None)
    deleted = Counter(row.by for row in hidden if row.successor is None)
    found = []
    for index, maker in enumerate(_makers(image, instructions)):
        layer = image.layers[index]
        files = sum(not (f.is_folder or f.is_whiteout) for f in layer.scan.files)
        found.append(
            ImageLayer(
                index=index,
                digest=layer.diff_id,
                size_bytes=layer.scan.size_bytes,
                files=sum(not file.is_folder for file in layer.scan.files),
                wasted_bytes=wasted[index],
                instruction=shown_instruction(maker.created_by)[:2000],
                line=maker.line,
                compressed_bytes=layer.compressed_bytes,
                added=files - changed[index],
                changed=changed[index],
                deleted=deleted[index],
                source=maker.source,
            )
        )
    return found


class _Row:
    """One entry of the configuration's history."""

    def __init__(self, row: dict[str, Any]) -> None:
        self.created_by = str(row.get("created_by") or row.get("comment") or "")
        self.empty = bool(row.get("empty_layer"))

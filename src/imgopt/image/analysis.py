"""An image archive → ImageRecord."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from imgopt.docker.images import HistoryEntry, ReportedSize
from imgopt.dockerfile.model import Instruction
from imgopt.image.layers import attribute, shown_instruction
from imgopt.image.source import Archive
from imgopt.image.waste import find_waste
from imgopt.records.image import ImageLayer, ImageRecord, Waste


def analyze(
    archive: Archive,
    name: str,
    instructions: Sequence[Instruction] = (),
    reported: ReportedSize | None = None,
) -> ImageRecord:
    """Layers, their instructions and lines, and waste; and what the engine says, if it was asked.

    `instructions` are those of the Dockerfile's final stage and of the stages that it inherits;
    empty when no Dockerfile is known.
    """
    waste = find_waste(archive.layers)
    layers = [
        _layer(archive, index, waste, maker)
        for index, maker in enumerate(_makers(archive, instructions))
    ]
    return ImageRecord(
        name=name,
        id=archive.id,
        size_bytes=sum(layer.size_bytes for layer in layers),
        wasted_bytes=sum(w.size_bytes for w in waste),
        layers=tuple(layers),
        waste=tuple(waste),
        engine_bytes=reported.size_bytes if reported else 0,
        engine_content_bytes=reported.content_bytes if reported else 0,
    )


class _Maker(msgspec.Struct, frozen=True):
    """What made a layer, as the history tells it; `line` is 0 where no Dockerfile does."""

    created_by: str = ""
    line: int = 0


def _makers(archive: Archive, instructions: Sequence[Instruction]) -> list[_Maker]:
    """What made each layer; nothing is told where the history does not fit the layers."""
    history = [_Row(row) for row in archive.config.get("history") or () if isinstance(row, dict)]
    entries = [HistoryEntry(row.created_by, 0) for row in history]
    makers = [
        _Maker(row.created_by, instruction.line if instruction else 0)
        for row, instruction in zip(history, attribute(entries, instructions), strict=True)
        if not row.empty
    ]
    count = len(archive.layers)
    return makers if len(makers) == count else [_Maker()] * count


def _layer(archive: Archive, index: int, waste: Sequence[Waste], maker: _Maker) -> ImageLayer:
    diff_ids = list((archive.config.get("rootfs") or {}).get("diff_ids") or ())
    entries = archive.layers[index].entries
    return ImageLayer(
        index=index,
        digest=str(diff_ids[index]) if index < len(diff_ids) else "",
        size_bytes=sum(e.size_bytes for e in entries),
        files=sum(not e.is_folder for e in entries),
        wasted_bytes=sum(w.size_bytes for w in waste if w.layer == index),
        instruction=shown_instruction(maker.created_by)[:2000] if maker.created_by else "",
        line=maker.line,
    )


class _Row:
    """One entry of the configuration's history."""

    def __init__(self, row: dict[str, Any]) -> None:
        self.created_by = str(row.get("created_by") or row.get("comment") or "")
        self.empty = bool(row.get("empty_layer"))

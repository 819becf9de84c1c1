"""An image archive → ImageRecord."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from imgopt.docker.images import HistoryEntry
from imgopt.dockerfile.model import Instruction
from imgopt.image.layers import attribute, shown_instruction
from imgopt.image.source import Archive
from imgopt.image.waste import find_waste
from imgopt.records.image import ImageLayer, ImageRecord


def analyze(archive: Archive, name: str, instructions: Sequence[Instruction] = ()) -> ImageRecord:
    """Layers, their instructions and lines, and waste.

    `instructions` are those of the Dockerfile's final stage and of the stages that it inherits;
    empty when no Dockerfile is known.
    """
    history = [_Row(row) for row in archive.config.get("history") or () if isinstance(row, dict)]
    entries = [HistoryEntry(row.created_by, 0) for row in history]
    lines = attribute(entries, instructions)
    rows = [(r, i) for r, i in zip(history, lines, strict=True) if not r.empty]
    waste = find_waste(archive.layers)
    diff_ids = list((archive.config.get("rootfs") or {}).get("diff_ids") or ())
    layers = []
    for index, files in enumerate(archive.layers):
        known = len(rows) == len(archive.layers)
        row, instruction = rows[index] if known else (None, None)
        layers.append(
            ImageLayer(
                index=index,
                digest=str(diff_ids[index]) if index < len(diff_ids) else "",
                size_bytes=sum(e.size_bytes for e in files.entries),
                files=sum(not e.is_folder for e in files.entries),
                wasted_bytes=sum(w.size_bytes for w in waste if w.layer == index),
                instruction=shown_instruction(row.created_by)[:2000] if row else "",
                line=instruction.line if instruction else 0,
            )
        )
    return ImageRecord(
        name=name,
        id=archive.id,
        size_bytes=sum(layer.size_bytes for layer in layers),
        wasted_bytes=sum(w.size_bytes for w in waste),
        layers=tuple(layers),
        waste=tuple(waste),
    )


class _Row:
    """One entry of the configuration's history."""

    def __init__(self, row: dict[str, Any]) -> None:
        self.created_by = str(row.get("created_by") or row.get("comment") or "")
        self.empty = bool(row.get("empty_layer"))

"""Bytes that an image stores and nobody sees: files that later layers overwrite or delete. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from imgopt.image.filesystem import FileSystem, Hidden
from imgopt.image.scan import File
from imgopt.records.image import Waste

DELETED, OVERWRITTEN = "deleted", "overwritten"


def merge(layers: Sequence[Sequence[File]]) -> tuple[FileSystem, list[Hidden]]:
    """The merged file system of layers given lowest first, and all files that are hidden in it."""
    hidden: list[Hidden] = []
    return FileSystem(layers, hidden.append), hidden


def find_waste(hidden: Sequence[Hidden]) -> list[Waste]:
    """Hidden bytes, one row a path, layer and reason, the biggest first."""
    sums: dict[tuple[str, int, int, str, bool], list[int]] = {}
    for row in hidden:
        size = row.placed.file.size_bytes
        if size:
            reason = DELETED if row.is_deleted else OVERWRITTEN
            key = (row.path, row.placed.layer, row.by, reason, _is_same(row))
            sums.setdefault(key, []).append(size)
    found = [
        Waste(path, sum(sizes), len(sizes), layer, by, reason, is_same)
        for (path, layer, by, reason, is_same), sizes in sums.items()
    ]
    return sorted(found, key=lambda w: (-w.size_bytes, w.path, w.by, w.same_content))


def _is_same(row: Hidden) -> bool:
    after = row.successor
    return after is not None and bool(after.digest) and after.digest == row.placed.file.digest

"""Bytes that an image stores and nobody sees: files that later layers overwrite or delete. Pure.

Source: OCI image-spec, layer.md (whiteouts and opaque whiteouts).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from imgopt.image.contents import Entry
from imgopt.image.source import LayerFiles
from imgopt.records.image import Waste

_WHITEOUT = ".wh."
_OPAQUE = ".wh..wh..opq"


class _Node:
    """A path in the merged file system: where its content comes from, and what is below it."""

    __slots__ = ("children", "layer", "size")

    def __init__(self, layer: int, size: int) -> None:
        self.layer = layer
        self.size = size
        self.children: dict[str, _Node] | None = None


def find_waste(layers: Sequence[LayerFiles]) -> list[Waste]:
    """All waste of an image whose layers are given lowest first; biggest first."""
    root = _Node(-1, 0)
    root.children = {}
    found: list[Waste] = []
    for index, layer in enumerate(layers):
        # Whiteouts hide lower layers only, wherever in the tar they stand.
        for entry in layer.entries:
            name = entry.path.rpartition("/")[2]
            if name.startswith(_WHITEOUT):
                found += _whiteout(root, entry.path, name, index)
        for entry in layer.entries:
            if not entry.path.rpartition("/")[2].startswith(_WHITEOUT):
                found += _put(root, entry, index)
    return sorted(found, key=lambda w: (-w.size_bytes, w.path, w.by))


def _whiteout(root: _Node, path: str, name: str, index: int) -> Iterable[Waste]:
    folder = path.rpartition("/")[0]
    parent = _find(root, folder)
    if parent is None or parent.children is None:
        return
    names = list(parent.children) if name == _OPAQUE else [name.removeprefix(_WHITEOUT)]
    for child in names:
        node = parent.children.pop(child, None)
        if node is not None:
            yield from _hidden(node, f"{folder}/{child}".lstrip("/"), index, "deleted")


def _put(root: _Node, entry: Entry, index: int) -> Iterable[Waste]:
    folder, _, name = entry.path.rpartition("/")
    parent = root
    for part in folder.split("/") if folder else ():
        if parent.children is None:
            parent.children = {}
        parent = parent.children.setdefault(part, _Node(index, 0))
    if parent.children is None:
        parent.children = {}
    old = parent.children.get(name)
    if entry.is_folder and old is not None and old.children is not None:
        return
    node = _Node(index, entry.size_bytes)
    if entry.is_folder:
        node.children = {}
    parent.children[name] = node
    if old is not None and old.layer != index:
        yield from _hidden(old, entry.path, index, "overwritten")


def _find(root: _Node, path: str) -> _Node | None:
    node: _Node | None = root
    for part in path.split("/") if path else ():
        if node is None or node.children is None:
            return None
        node = node.children.get(part)
    return node


def _hidden(node: _Node, path: str, by: int, reason: str) -> Iterable[Waste]:
    """One row for each layer that stored bytes at or below the path."""
    sizes: dict[int, list[int]] = {}
    todo = [node]
    while todo:
        current = todo.pop()
        if current.size and current.layer != by:
            sizes.setdefault(current.layer, []).append(current.size)
        todo += (current.children or {}).values()
    for layer, values in sorted(sizes.items()):
        yield Waste(path, sum(values), len(values), layer, by, reason)

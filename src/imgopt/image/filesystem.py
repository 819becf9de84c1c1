"""Layers put over one another: what is visible at the end, and what each layer hides. Pure.

Source: OCI image-spec, layer.md (whiteouts and opaque whiteouts).
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator, Sequence

import msgspec

from imgopt.image.scan import File

_WHITEOUT = ".wh."
_OPAQUE = ".wh..wh..opq"
_MAX_LINKS = 40


class Placed(msgspec.Struct, frozen=True, gc=False):
    """A file of an image, and the layer that it comes from."""

    file: File
    layer: int


class Hidden(msgspec.Struct, frozen=True, gc=False):
    """A file that the layer `by` hides: `path` is what was overwritten or deleted, the file itself
    or a folder above it. `successor` is what stands in the file's own place now, if anything."""

    placed: Placed
    path: str
    by: int
    is_deleted: bool
    successor: File | None = None


class _Node:
    __slots__ = ("children", "placed")

    def __init__(self, placed: Placed | None) -> None:
        self.placed = placed
        self.children: dict[str, _Node] | None = None


class FileSystem:
    """The merged file system of layers, given lowest first."""

    def __init__(
        self, layers: Sequence[Sequence[File]], hidden: Callable[[Hidden], None] | None = None
    ) -> None:
        self._root = _Node(None)
        self._root.children = {}
        self._hidden = hidden
        for index, files in enumerate(layers):
            self._apply(index, files)

    def __iter__(self) -> Iterator[Placed]:
        """All that is visible, folders too, in no order of layers."""
        return self._all(self._root)

    def get(self, path: str) -> Placed | None:
        """What is visible at a path; links are not followed."""
        node = self._find(path)
        return node.placed if node else None

    def resolve(self, path: str) -> Placed | None:
        """What is visible at a path whose folders may be links; a link at its end is not followed.

        None, too, where links lead round in circles.
        """
        node, done, todo = self._root, [""], [part for part in reversed(path.split("/")) if part]
        links = 0
        while todo:
            part = todo.pop()
            found = node.children.get(part) if node.children is not None else None
            if found is None:
                return None
            file = found.placed.file if found.placed else None
            if not todo or file is None or file.kind != "symlink":
                node = found
                done.append(part)
                continue
            links += 1
            if links > _MAX_LINKS:
                return None
            base = "" if file.link.startswith("/") else "/".join(done)
            target = posixpath.normpath(f"/{base}/{file.link}")
            todo += [name for name in reversed(target.split("/")) if name]
            node, done = self._root, [""]
        return node.placed

    def below(self, path: str) -> Iterator[Placed]:
        """All that is visible at a path and below it."""
        node = self._find(path)
        if node is not None:
            yield from self._all(node)

    def _all(self, node: _Node) -> Iterator[Placed]:
        todo = [node]
        while todo:
            current = todo.pop()
            if current.placed is not None:
                yield current.placed
            if current.children:
                todo += current.children.values()

    def _apply(self, index: int, files: Sequence[File]) -> None:
        # Whiteouts hide lower layers only, wherever in the tar they stand.
        marks = [file for file in files if file.is_whiteout]
        for mark in marks:
            self._whiteout(mark.path, index)
        for file in files:
            if not (marks and file.is_whiteout):
                self._put(file, index)

    def _whiteout(self, path: str, index: int) -> None:
        folder, _, name = path.rpartition("/")
        parent = self._find(folder)
        if parent is None or parent.children is None:
            return
        names = list(parent.children) if name == _OPAQUE else [name.removeprefix(_WHITEOUT)]
        for child in names:
            node = parent.children.pop(child, None)
            if node is not None:
                self._tell(node, f"{folder}/{child}".lstrip("/"), index, True, None)

    def _put(self, file: File, index: int) -> None:
        folder, _, name = file.path.rpartition("/")
        parent = self._root
        for part in folder.split("/") if folder else ():
            if parent.children is None:
                parent.children = {}
            found = parent.children.get(part)
            if found is None:
                found = parent.children[part] = _Node(None)
            parent = found
        if parent.children is None:
            parent.children = {}
        placed = Placed(file, index)
        old = parent.children.get(name)
        if old is not None and file.is_folder and old.children is not None:
            old.placed = placed
            return
        node = _Node(placed)
        if file.is_folder:
            node.children = {}
        parent.children[name] = node
        if old is not None:
            self._tell(old, file.path, index, False, file)

    def _find(self, path: str) -> _Node | None:
        node = self._root
        for part in path.split("/") if path else ():
            found = node.children.get(part) if node.children is not None else None
            if found is None:
                return None
            node = found
        return node

    def _tell(
        self, node: _Node, path: str, by: int, is_deleted: bool, successor: File | None
    ) -> None:
        """Name every file at or below a node that a later layer hides."""
        if self._hidden is None:
            return
        todo = [(node, successor)]
        while todo:
            current, after = todo.pop()
            placed = current.placed
            if placed is not None and placed.layer != by and not placed.file.is_folder:
                self._hidden(Hidden(placed, path, by, is_deleted, after))
            todo += [(child, None) for child in (current.children or {}).values()]

"""Two images that were read → what is different, and what a node with the first one pulls. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from imgopt.image.analysis import Analysis
from imgopt.image.filesystem import FileSystem
from imgopt.image.model import ReadImage, ReadLayer
from imgopt.image.packages.owners import Inventory
from imgopt.image.scan import File
from imgopt.image.settings import settings_of
from imgopt.records.image import Package
from imgopt.records.image_diff import (
    ADDED,
    CHANGED,
    METADATA,
    NEW,
    REBUILT,
    REMOVED,
    SAME,
    TIME,
    DiffedImage,
    FileChange,
    ImageDiff,
    LayerChange,
    PackageChange,
    Pull,
    SettingChange,
)

_COPIES = ("COPY", "ADD")


def diff(old: Analysis, new: Analysis, top: int = 50, bytes_a_second: float = 0) -> ImageDiff:
    """All differences; the `top` biggest files of them."""
    layers = _layers(old, new)
    files = sorted(
        _files(old.system, new.system),
        key=lambda row: (-abs(row.new_bytes - row.old_bytes), -row.new_bytes, row.path),
    )
    return ImageDiff(
        old=_about(old),
        new=_about(new),
        layers=tuple(layers),
        packages=tuple(_packages(old.record.packages, new.record.packages)),
        files=tuple(files[:top]),
        file_counts=dict(Counter(row.change for row in files)),
        settings=tuple(_settings(old.image, new.image)),
        pull=_pull(layers, new, bytes_a_second),
    )


def _about(side: Analysis) -> DiffedImage:
    record = side.record
    return DiffedImage(record.name, record.id, record.size_bytes, len(record.layers))


def _layers(old: Analysis, new: Analysis) -> list[LayerChange]:
    """The layers of NEW in their order, and then those that OLD alone has."""
    have = {layer.diff_id: index for index, layer in enumerate(old.image.layers)}
    used = {have[layer.diff_id] for layer in new.image.layers if layer.diff_id in have}
    left = [index for index in range(len(old.image.layers)) if index not in used]
    found = []
    for index, layer in enumerate(new.image.layers):
        row = new.record.layers[index]
        at = have.get(layer.diff_id)
        if at is not None:
            size = row.size_bytes
            found.append(LayerChange(SAME, at, index, row.instruction, row.line, size, size, 0))
            continue
        before = _counterpart(row.instruction, left, old)
        if before is not None:
            left.remove(before)
        found.append(_rebuilt(old, new, before, index))
    for index in left:
        row = old.record.layers[index]
        found.append(
            LayerChange(REMOVED, index, None, row.instruction, row.line, row.size_bytes, 0, 0)
        )
    return found


def _counterpart(instruction: str, left: Sequence[int], old: Analysis) -> int | None:
    """The layer of OLD that the same instruction made, else the first of the same kind."""
    texts = {index: old.record.layers[index].instruction for index in left}
    same = next((index for index in left if texts[index] == instruction), None)
    if same is not None or not instruction:
        return same
    # The same COPY with another list of files, or an install of other packages.
    head = instruction.split()[:2]
    return next((index for index in left if texts[index].split()[:2] == head), None)


def _rebuilt(old: Analysis, new: Analysis, before: int | None, index: int) -> LayerChange:
    row, layer = new.record.layers[index], new.image.layers[index]
    pull = _pull_bytes(layer)
    if before is None:
        return LayerChange(NEW, None, index, row.instruction, row.line, 0, row.size_bytes, pull)
    was = old.image.layers[before]
    return LayerChange(
        REBUILT, before, index, row.instruction, row.line,
        old.record.layers[before].size_bytes, row.size_bytes, pull,
        _but_for_times(was) == _but_for_times(layer),
    )  # fmt: skip


def _but_for_times(layer: ReadLayer) -> list[tuple[object, ...]]:
    return sorted(
        (f.path, f.kind, f.size_bytes, f.mode, f.uid, f.gid, f.link, f.digest)
        for f in layer.scan.files
    )


def _pull_bytes(layer: ReadLayer) -> int:
    size = layer.compressed_bytes
    return layer.scan.size_bytes if size is None else size


def _pull(layers: Sequence[LayerChange], new: Analysis, bytes_a_second: float) -> Pull:
    total = sum(layer.pull_bytes for layer in layers)
    return Pull(
        layers=sum(layer.status in (REBUILT, NEW) for layer in layers),
        size_bytes=total,
        is_compressed=all(layer.compressed_bytes is not None for layer in new.image.layers),
        code_only_bytes=code_only_bytes(new),
        seconds=total / bytes_a_second if bytes_a_second else None,
    )


def code_only_bytes(side: Analysis) -> int | None:
    """What a node pulls when only the code changes: the layers from the first COPY or ADD behind
    the last layer that is made of packages, or, where no such one is left, in front of it.

    None for an image whose layers do not tell by what they were made.
    """
    record, owned = side.record, _owned_bytes(side.inventory)
    copies = [
        layer.index
        for layer in record.layers
        if layer.instruction.partition(" ")[0] in _COPIES and layer.files
    ]
    packed = [
        layer.index
        for layer in record.layers
        if layer.size_bytes and owned.get(layer.index, 0) * 2 > layer.size_bytes
    ]
    # An image that nothing is built on starts with its base's files: no code of one's own.
    last = max(packed, default=-1)
    behind = [index for index in copies if index > last]
    start = min(behind, default=None)
    if start is None:
        start = max((index for index in copies if index <= last and index > 0), default=None)
    if start is None:
        return None
    return sum(_pull_bytes(layer) for layer in side.image.layers[start:])


def _owned_bytes(inventory: Inventory) -> dict[int, int]:
    found: Counter[int] = Counter()
    for owned in inventory.packages:
        found.update(owned.layers)
    return dict(found)


def _packages(old: Sequence[Package], new: Sequence[Package]) -> Iterator[PackageChange]:
    """What is different; of a package in several versions the versions are compared as one."""
    before, after = _by_name(old), _by_name(new)
    rows = []
    for key in before.keys() | after.keys():
        was, now = before.get(key), after.get(key)
        versions = (was[0] if was else "", now[0] if now else "")
        if was and now and versions[0] == versions[1]:
            continue
        change = CHANGED if was and now else ADDED if now else REMOVED
        rows.append(
            PackageChange(change, *key, *versions, was[1] if was else 0, now[1] if now else 0)
        )
    yield from sorted(rows, key=lambda r: (-abs(r.new_bytes - r.old_bytes), r.ecosystem, r.name))


def _by_name(packages: Sequence[Package]) -> dict[tuple[str, str], tuple[str, int]]:
    versions: dict[tuple[str, str], set[str]] = {}
    sizes: Counter[tuple[str, str]] = Counter()
    for package in packages:
        key = (package.ecosystem, package.name)
        versions.setdefault(key, set()).add(package.version)
        sizes[key] += package.size_bytes
    return {key: (", ".join(sorted(found)), sizes[key]) for key, found in versions.items()}


def _files(old: FileSystem, new: FileSystem) -> Iterator[FileChange]:
    before = _by_path(old)
    for placed in new:
        now = placed.file
        was = before.pop(now.path, None)
        if was is None:
            if not now.is_folder:
                yield FileChange(ADDED, now.path, 0, now.size_bytes)
            continue
        change = _change(was, now)
        if change:
            yield FileChange(change, now.path, was.size_bytes, now.size_bytes)
    for path, gone in before.items():
        if not gone.is_folder:
            yield FileChange(REMOVED, path, gone.size_bytes, 0)


def _by_path(system: FileSystem) -> dict[str, File]:
    return {placed.file.path: placed.file for placed in system}


def _change(was: File, now: File) -> str:
    """How a path is different; empty where it is not. The times of folders say nothing."""
    if (was.digest, was.size_bytes, was.kind, was.link) != (
        now.digest, now.size_bytes, now.kind, now.link,
    ):  # fmt: skip
        return CHANGED
    if (was.mode, was.uid, was.gid) != (now.mode, now.uid, now.gid):
        return METADATA
    is_timed = not now.is_folder and was.modified_s != now.modified_s
    return TIME if is_timed else ""


def _settings(old: ReadImage, new: ReadImage) -> Iterator[SettingChange]:
    before, after = settings_of(old.config), settings_of(new.config)
    for name in sorted(before.keys() | after.keys()):
        if before.get(name) != after.get(name):
            yield SettingChange(name, before.get(name), after.get(name))

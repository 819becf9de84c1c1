"""What the layers of images say of sizes: the share of every Dockerfile line, and what a node that
has the image of the commit before must pull. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import msgspec

from imgopt.records.rows import LayerRow
from imgopt.report.model import Metric, Part, Point, Series

# The layers of some builds, by the history's numbers of them.
Layers = Callable[[Sequence[int]], Iterable[LayerRow]]
_AT_ONCE = 2_000  # images whose layers are held


def with_layers(sizes: Sequence[Series], layers: Layers) -> list[Series]:
    """The series of sizes with the lines of each, and a series of pulls beside each."""
    found = []
    for one in sizes:
        points, pulls = _read(one.points, layers)
        found.append(msgspec.structs.replace(one, points=tuple(points)))
        if pulls:
            pulled = msgspec.structs.replace(one, metric=Metric.PULL, points=tuple(pulls))
            found.append(pulled)
    return found


def _read(points: Sequence[Point], layers: Layers) -> tuple[list[Point], list[Point]]:
    """The points with their lines, and those of pulls: bytes of the layers that the image before
    did not have. Nothing of the first image, nor where an image's layers are not known."""
    sized, pulls = [], []
    before: dict[str, int] = {}
    for start in range(0, len(points), _AT_ONCE):
        some = points[start : start + _AT_ONCE]
        stacks: dict[int, list[LayerRow]] = {}
        for layer in layers(sorted({point.builds[-1] for point in some})):
            stacks.setdefault(layer.number, []).append(layer)
        for point in some:
            stack = stacks.get(point.builds[-1], [])
            sized.append(msgspec.structs.replace(point, parts=parts(stack)))
            there = {layer.digest: layer.size_bytes for layer in stack}
            if "" in there:
                there = {}
            if before and there:
                size = float(sum(size for digest, size in there.items() if digest not in before))
                pulls.append(
                    msgspec.structs.replace(point, value=size, low=size, high=size, samples=(size,))
                )
            before = there
    return sized, pulls


def parts(stack: Sequence[LayerRow]) -> tuple[Part, ...]:
    """The bytes of each line of an image, most first; line 0 is the base image."""
    found: dict[tuple[int, str], int] = {}
    for layer in stack:
        if layer.size_bytes > 0:
            key = (layer.line, layer.instruction if layer.line else "")
            found[key] = found.get(key, 0) + layer.size_bytes
    ordered = sorted(found.items(), key=lambda item: (-item[1], item[0]))
    return tuple(Part(line, instruction, float(size)) for (line, instruction), size in ordered)

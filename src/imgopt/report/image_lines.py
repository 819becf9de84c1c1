"""What the layers of images say of sizes: the share of every Dockerfile line, and what a node that
has the image of the commit before must pull. Pure."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence

import msgspec

from imgopt.records.rows import LayerRow
from imgopt.report.model import Metric, Part, Point, Series

# The layers of some builds, by the history's numbers of them.
Layers = Callable[[Sequence[int]], Iterable[LayerRow]]
_AT_ONCE = 5_000


def with_layers(sizes: Sequence[Series], layers: Layers) -> list[Series]:
    """The series of sizes with the lines of each, and a series of pulls beside each."""
    numbers = sorted({number for s in sizes for p in s.points for number in p.builds})
    stacks: dict[int, list[LayerRow]] = {}
    for start in range(0, len(numbers), _AT_ONCE):
        for layer in layers(numbers[start : start + _AT_ONCE]):
            stacks.setdefault(layer.number, []).append(layer)
    found = []
    for one in sizes:
        points = [(point, stacks.get(point.builds[-1], [])) for point in one.points]
        found.append(
            msgspec.structs.replace(
                one,
                points=tuple(
                    msgspec.structs.replace(point, parts=parts(stack)) for point, stack in points
                ),
            )
        )
        pulled = _pulls(points)
        if pulled:
            found.append(msgspec.structs.replace(one, metric=Metric.PULL, points=tuple(pulled)))
    return found


def parts(stack: Sequence[LayerRow]) -> tuple[Part, ...]:
    """The bytes of each line of an image, most first; line 0 is the base image."""
    found: dict[tuple[int, str], int] = {}
    for layer in stack:
        if layer.size_bytes > 0:
            key = (layer.line, layer.instruction if layer.line else "")
            found[key] = found.get(key, 0) + layer.size_bytes
    ordered = sorted(found.items(), key=lambda item: (-item[1], item[0]))
    return tuple(Part(line, instruction, float(size)) for (line, instruction), size in ordered)


def _pulls(points: Sequence[tuple[Point, Sequence[LayerRow]]]) -> list[Point]:
    """Bytes of the layers that the image before did not have; nothing of the first image, nor
    where an image's layers are not known."""
    found = []
    for (_, before), (point, stack) in itertools.pairwise(points):
        if not before or not stack or not all(layer.digest for layer in (*before, *stack)):
            continue
        there = {layer.digest for layer in before}
        new = {layer.digest: layer.size_bytes for layer in stack if layer.digest not in there}
        size = float(sum(new.values()))
        found.append(
            msgspec.structs.replace(
                point, value=size, low=size, high=size, samples=(size,), parts=()
            )
        )
    return found

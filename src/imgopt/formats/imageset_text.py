"""What several images share as tables for a terminal."""

from __future__ import annotations

from rich.console import Console

from imgopt.formats.escape import printable
from imgopt.formats.registry import Options
from imgopt.formats.tables import fitting
from imgopt.formats.tables.fitting import Column, note
from imgopt.formats.terminal import rendered
from imgopt.formats.units import megabytes
from imgopt.records.image_set import ImageSet

_IMAGES = (
    Column("#"),
    Column("size"),
    Column("only here"),
    Column("image", right=False, wanted=30, least=10),
)
_LAYERS = (
    Column("size"),
    Column("in images", right=False),
    Column("instruction", right=False, wanted=30, least=8),
)


def render(found: ImageSet, options: Options) -> str:
    """The images, the layers that more than one has, and what the set takes."""
    return rendered(options, lambda console: _write(found, console, options.top))


def _write(found: ImageSet, console: Console, top: int) -> None:
    images = [
        {
            "#": str(number + 1),
            "size": megabytes(image.size_bytes),
            "only here": megabytes(image.own_bytes),
            "image": printable(image.name),
        }
        for number, image in enumerate(found.images)
    ]
    fitting.write(_IMAGES, images, console)
    shared = [layer for layer in found.layers if len(layer.images) > 1 and layer.size_bytes]
    if shared and top:
        console.print()
        rows = [
            {
                "size": megabytes(layer.size_bytes),
                "in images": ", ".join(str(number + 1) for number in layer.images),
                "instruction": printable(layer.instruction) or "(unknown)",
            }
            for layer in shared[:top]
        ]
        fitting.write(_LAYERS, rows, console)
    console.print()
    saved = found.sum_bytes - found.node_bytes
    registry = (
        "" if found.registry_bytes is None else f", {megabytes(found.registry_bytes)} in a registry"
    )
    note(
        f"{len(found.images)} images: {megabytes(found.node_bytes)} on a node{registry}; "
        f"shared layers save {megabytes(saved)} of {megabytes(found.sum_bytes)}",
        console,
        style="bold",
    )

"""An analysed image as tables for a terminal."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from imgopt.formats import table
from imgopt.formats.escape import line, printable
from imgopt.formats.registry import Options
from imgopt.formats.table import Column
from imgopt.formats.terminal import rendered
from imgopt.formats.units import megabytes
from imgopt.records.image import ImageRecord

_LAYERS = (
    Column("#"),
    Column("size"),
    Column("wasted"),
    Column("files", optional=True),
    Column("line"),
    Column("instruction", right=False),
)
_WASTE = (
    Column("wasted"),
    Column("files", optional=True),
    Column("stored in", optional=True),
    Column("hidden by", right=False),
    Column("path", right=False),
)


def render(record: ImageRecord, options: Options) -> str:
    """The layers, the sums, and the paths that waste most."""
    return rendered(options, lambda console: _write(record, console, options.top))


def _write(record: ImageRecord, console: Console, top: int) -> None:
    layers = [
        (
            str(layer.index),
            megabytes(layer.size_bytes),
            megabytes(layer.wasted_bytes) if layer.wasted_bytes else "–",
            str(layer.files),
            str(layer.line) if layer.line else "–",
            printable(layer.instruction) or "(unknown)",
        )
        for layer in record.layers
    ]
    table.write(_LAYERS, layers, console)
    text = (
        f"{record.name}: {megabytes(record.size_bytes)} in {len(record.layers)} layers, "
        f"{megabytes(record.wasted_bytes)} wasted, efficiency {record.efficiency:.1%}"
    )
    console.print(Text(line(text), style="bold"), soft_wrap=True)
    if not record.waste or not top:
        return
    console.print()
    worst = [
        (
            megabytes(waste.size_bytes),
            str(waste.files),
            f"#{waste.layer}",
            f"#{waste.by} ({waste.reason})",
            "/" + printable(waste.path),
        )
        for waste in record.waste[:top]
    ]
    table.write(_WASTE, worst, console)
    if len(record.waste) > top:
        rest = sum(w.size_bytes for w in record.waste[top:])
        text = f"and {len(record.waste) - top} more, {megabytes(rest)}"
        console.print(Text(text, style="dim"), soft_wrap=True)

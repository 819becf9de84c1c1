"""An analysed image as tables for a terminal."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table
from rich.text import Text

from imgopt.formats.escape import cut, printable
from imgopt.formats.units import megabytes
from imgopt.records.image import ImageRecord


def write(record: ImageRecord, console: Console, top: int = 10) -> None:
    """The layers, the sums, and the paths that waste most."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("#", "size", "wasted", "files", "line"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("instruction", no_wrap=True)
    room = max(console.width - 42, 24)
    for layer in record.layers:
        table.add_row(
            str(layer.index),
            megabytes(layer.size_bytes),
            megabytes(layer.wasted_bytes) if layer.wasted_bytes else "–",
            str(layer.files),
            str(layer.line) if layer.line else "–",
            Text(cut(printable(layer.instruction) or "(unknown)", room)),
        )
    console.print(table)
    console.print(
        Text(
            f"{printable(record.name)}: "
            f"{megabytes(record.size_bytes)} in {len(record.layers)} layers, "
            f"{megabytes(record.wasted_bytes)} wasted, efficiency {record.efficiency:.1%}",
            style="bold",
        ),
        soft_wrap=True,
    )
    if not record.waste or not top:
        return
    console.print()
    worst = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("wasted", "files", "stored in", "hidden by"):
        worst.add_column(name, justify="right", no_wrap=True)
    worst.add_column("path", no_wrap=True)
    for waste in record.waste[:top]:
        worst.add_row(
            megabytes(waste.size_bytes),
            str(waste.files),
            f"#{waste.layer}",
            f"#{waste.by} ({waste.reason})",
            Text(cut("/" + printable(waste.path), max(console.width - 48, 24))),
        )
    console.print(worst)
    if len(record.waste) > top:
        rest = sum(w.size_bytes for w in record.waste[top:])
        console.print(Text(f"and {len(record.waste) - top} more, {megabytes(rest)}", style="dim"))

"""An analysed image as tables for a terminal."""

from __future__ import annotations

from rich.console import Console

from imgopt.formats.escape import line, printable
from imgopt.formats.registry import Options
from imgopt.formats.tables import fitting
from imgopt.formats.tables.fitting import Column, note
from imgopt.formats.terminal import rendered
from imgopt.formats.units import megabytes
from imgopt.records.image import ImageRecord, Waste

_LAYERS = (
    Column("#"),
    Column("size"),
    Column("wasted"),
    Column("files", drop=1),
    Column("line"),
    Column("instruction", right=False, wanted=24, least=8),
)
_WASTE = (
    Column("wasted"),
    Column("files", drop=2),
    Column("stored in", drop=1),
    Column("hidden by", right=False),
    Column("path", right=False, wanted=24, least=8),
)
_PACKAGES = (
    Column("size"),
    Column("files", drop=2),
    Column("layer", drop=1),
    Column("line", drop=3),
    Column("package", right=False, wanted=24, least=8),
    Column("kind", right=False),
)


def render(record: ImageRecord, options: Options) -> str:
    """The layers, the sums, the biggest packages, and the paths that waste most."""
    return rendered(options, lambda console: _write(record, console, options.top))


def _write(record: ImageRecord, console: Console, top: int) -> None:
    layers = [
        {
            "#": str(layer.index),
            "size": megabytes(layer.size_bytes),
            "wasted": megabytes(layer.wasted_bytes) if layer.wasted_bytes else "–",
            "files": str(layer.files),
            "line": str(layer.line) if layer.line else "–",
            "instruction": printable(layer.instruction) or "(unknown)",
        }
        for layer in record.layers
    ]
    fitting.write(_LAYERS, layers, console)
    text = (
        f"{record.name}: {megabytes(record.size_bytes)} in {len(record.layers)} layers, "
        f"{megabytes(record.wasted_bytes)} wasted, efficiency {record.efficiency:.1%}"
    )
    note(line(text), console, style="bold")
    if reported := _reported(record):
        note(reported, console)
    _packages(record, console, top)
    if not record.waste or not top:
        return
    console.print()
    worst = [
        {
            "wasted": megabytes(waste.size_bytes),
            "files": str(waste.files),
            "stored in": f"#{waste.layer}",
            "hidden by": f"#{waste.by} ({_reason(waste)})",
            "path": "/" + printable(waste.path),
        }
        for waste in record.waste[:top]
    ]
    fitting.write(_WASTE, worst, console)
    if len(record.waste) > top:
        rest = sum(w.size_bytes for w in record.waste[top:])
        note(f"and {len(record.waste) - top} more, {megabytes(rest)}", console)


def _packages(record: ImageRecord, console: Console, top: int) -> None:
    if not record.packages or not top:
        return
    console.print()
    rows = [
        {
            "size": megabytes(package.size_bytes),
            "files": str(package.files),
            "layer": f"#{package.layer}" if package.layer >= 0 else "–",
            "line": str(package.line) if package.line else "–",
            "package": printable(f"{package.name} {package.version}"),
            "kind": package.ecosystem,
        }
        for package in record.packages[:top]
    ]
    fitting.write(_PACKAGES, rows, console)
    more = record.packages[top:]
    rest = sum(package.size_bytes for package in more)
    text = f"and {len(more)} more, {megabytes(rest)}; " if more else ""
    note(f"{text}{megabytes(record.unowned_bytes)} are of no package", console)


def _reason(waste: Waste) -> str:
    return "same content" if waste.same_content else waste.reason


def _reported(record: ImageRecord) -> str:
    """What the engine calls the image's size, where that is another number."""
    engine, content = record.engine_bytes, record.engine_content_bytes
    if not engine or megabytes(engine) == megabytes(record.size_bytes):
        return ""
    text = f"the engine reports {megabytes(engine)}"
    if not content:
        return text
    unpacked = megabytes(engine - content)
    return f"{text}: {unpacked} on disk, unpacked, and {megabytes(content)} of compressed layers"

"""Two images' differences as tables for a terminal."""

from __future__ import annotations

from rich.console import Console

from imgopt.formats.escape import line, printable
from imgopt.formats.registry import Options
from imgopt.formats.tables import differences, fitting
from imgopt.formats.tables.fitting import Column, note
from imgopt.formats.terminal import rendered
from imgopt.formats.units import megabytes
from imgopt.records.image_diff import SAME, TIME, ImageDiff

_LAYERS = (
    Column("layer", right=False),
    Column("status", right=False),
    Column("size"),
    Column("change", drop=1),
    Column("pull"),
    Column("line", drop=2),
    Column("instruction", right=False, wanted=24, least=8),
)
_PACKAGES = (
    Column("package", right=False, wanted=24, least=12),
    Column("kind", right=False, drop=1),
    Column("change", right=False),
    Column("version", right=False, wanted=24, least=8),
    Column("size"),
)
_FILES = (Column("change", right=False), Column("size"),
          Column("file", right=False, wanted=40, least=12))  # fmt: skip
_SETTINGS = (
    Column("setting", right=False, wanted=20, least=8),
    Column("old", right=False, wanted=20, least=6),
    Column("new", right=False, wanted=20, least=6),
)


def render(found: ImageDiff, options: Options) -> str:
    """The sizes and the pull, then layers, packages, files and settings that differ."""
    return rendered(options, lambda console: _write(found, console, options.top))


def _write(found: ImageDiff, console: Console, top: int) -> None:
    note(line(f"{found.old.name} → {found.new.name}"), console, style="bold")
    note(differences.headline(found), console)
    _layers(found, console)
    _packages(found, console, top)
    _files(found, console, top)
    if found.settings:
        console.print()
        rows = [
            {"setting": printable(s.name), "old": _shown(s.old), "new": _shown(s.new)}
            for s in found.settings
        ]
        fitting.write(_SETTINGS, rows, console)
    if any(layer.only_times for layer in found.layers):
        console.print()
        note(
            "Layers that are rebuilt with the same files differ only in time stamps or order: "
            "build with SOURCE_DATE_EPOCH and rewrite-timestamp=true to get them again.",
            console,
        )


def _layers(found: ImageDiff, console: Console) -> None:
    console.print()
    rows = [
        {
            "layer": differences.places(layer),
            "status": "same files" if layer.only_times else layer.status,
            "size": megabytes(layer.new_bytes or layer.old_bytes),
            "change": "–"
            if layer.status == SAME
            else differences.change(layer.old_bytes, layer.new_bytes),
            "pull": megabytes(layer.pull_bytes) if layer.pull_bytes else "–",
            "line": str(layer.line) if layer.line else "–",
            "instruction": printable(layer.instruction) or "(unknown)",
        }
        for layer in found.layers
    ]
    fitting.write(_LAYERS, rows, console)


def _packages(found: ImageDiff, console: Console, top: int) -> None:
    if not found.packages or not top:
        return
    console.print()
    rows = [
        {
            "package": printable(package.name),
            "kind": package.ecosystem,
            "change": package.change,
            "version": printable(differences.versions(package)),
            "size": differences.change(package.old_bytes, package.new_bytes),
        }
        for package in found.packages[:top]
    ]
    fitting.write(_PACKAGES, rows, console)
    _rest(len(found.packages) - top, "package", console)


def _files(found: ImageDiff, console: Console, top: int) -> None:
    rows = [
        {
            "change": change.change,
            "size": differences.change(change.old_bytes, change.new_bytes),
            "file": "/" + printable(change.path),
        }
        for change in found.files[:top]
        if change.change != TIME
    ]
    if rows:
        console.print()
        fitting.write(_FILES, rows, console)
    counts = [f"{count} {name}" for name, count in sorted(found.file_counts.items())]
    if counts:
        note(f"files: {', '.join(counts)}", console)


def _shown(value: str | None) -> str:
    return "–" if value is None else printable(value)


def _rest(count: int, what: str, console: Console) -> None:
    if count > 0:
        note(f"and {count} more {what}{'s' if count > 1 else ''}", console)

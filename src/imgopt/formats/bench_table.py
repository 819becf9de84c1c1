"""Bench results as tables for a terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from imgopt.bench.tables import LineRow, ScenarioRow
from imgopt.formats.escape import cut, printable
from imgopt.formats.units import interval, megabytes, seconds

# What goes first where the terminal is too narrow.
_DROPPED = ("95 %", "context", "MAD", "image")
_LINES_DROPPED = ("layer", "cache")


def write(rows: Sequence[ScenarioRow], lines: Sequence[LineRow], console: Console) -> None:
    """A table of the scenarios, then of the lines that cost time."""
    console.print(_fitting(lambda dropped: _scenarios(rows, dropped), _DROPPED, console))
    for level in dict.fromkeys(row.isolation for row in rows):
        console.print(Text(f"isolation: {printable(level)}", style="dim"))
    edits = {(r.service, r.scenario, r.edited) for r in rows if r.edited}
    for service, scenario, path in sorted(edits):
        console.print(Text(f"{service} {scenario} edits {printable(path)}", style="dim"))
    if lines:
        console.print()
        console.print(
            _fitting(lambda dropped: _lines(lines, console.width, dropped), _LINES_DROPPED, console)
        )
        console.print(Text("* the end of the build waited for it", style="dim"))
    for row in rows:
        for note in row.warnings:
            text = f"warning: {row.service} {row.scenario}: {note}"
            console.print(Text(printable(text), style="yellow"))


def _fitting(
    make: Callable[[Sequence[str]], Table], droppable: Sequence[str], console: Console
) -> Table:
    """The table with as many columns as the terminal has room for."""
    unbounded = console.options.update(width=10_000)
    for count in range(len(droppable)):
        table = make(droppable[:count])
        if console.measure(table, options=unbounded).maximum <= console.width:
            return table
    return make(droppable)


def _table(
    columns: Sequence[tuple[str, bool]],
    rows: Iterable[dict[str, str | Text]],
    dropped: Sequence[str],
) -> Table:
    table = Table(title=None, box=None, pad_edge=False, header_style="bold")
    shown = [(name, right) for name, right in columns if name not in dropped]
    for name, right in shown:
        table.add_column(name, justify="right" if right else "left", no_wrap=True)
    for row in rows:
        table.add_row(*(row[name] for name, _ in shown))
    return table


def _scenarios(rows: Sequence[ScenarioRow], dropped: Sequence[str]) -> Table:
    columns = (
        ("service", False), ("scenario", False), ("median", True), ("MAD", True), ("95 %", True),
        ("runs", True), ("cached", True), ("context", True), ("image", True),
    )  # fmt: skip
    cells: list[dict[str, str | Text]] = [
        {
            "service": printable(row.service),
            "scenario": row.scenario,
            "median": seconds(row.duration.median),
            "MAD": seconds(row.duration.mad) if row.duration.n > 1 else "–",
            "95 %": interval(row.interval),
            "runs": str(row.duration.n),
            "cached": f"{row.cache_hits}/{row.cache_steps}",
            "context": megabytes(row.context_bytes),
            "image": megabytes(row.size_bytes),
        }
        for row in rows
    ]
    return _table(columns, cells, dropped)


def _lines(lines: Sequence[LineRow], width: int, dropped: Sequence[str]) -> Table:
    columns = (
        ("service", False), ("scenario", False), ("line", True), ("median", True),
        ("cache", False), ("layer", True), ("step", False),
    )  # fmt: skip
    names = max(len("service"), *(len(printable(r.service)) for r in lines))
    taken = names + max(len("scenario"), *(len(r.scenario) for r in lines)) + 24
    taken += (0 if "cache" in dropped else 7) + (0 if "layer" in dropped else 10)
    room = max(width - taken, 8)
    cells: list[dict[str, str | Text]] = [
        {
            "service": printable(row.service),
            "scenario": row.scenario,
            "line": str(row.line) if row.line else "–",
            "median": seconds(row.median_s) + ("*" if row.critical else " "),
            "cache": "hit" if row.cached else ("ran" if row.line else ""),
            "layer": megabytes(row.size_bytes) if row.size_bytes else "",
            "step": Text(cut(printable(row.text), room)),
        }
        for row in lines
    ]
    return _table(columns, cells, dropped)

"""Bench results as tables for a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from imgopt.bench.tables import LineRow, ScenarioRow
from imgopt.formats.escape import cut, printable
from imgopt.formats.units import megabytes, seconds


def write(rows: Sequence[ScenarioRow], lines: Sequence[LineRow], console: Console) -> None:
    """A table of the scenarios, then of the lines that cost time."""
    table = Table(title=None, box=None, pad_edge=False, header_style="bold")
    for name, right in (
        ("service", False),
        ("scenario", False),
        ("median", True),
        ("MAD", True),
        ("95 %", True),
        ("runs", True),
        ("cached", True),
        ("context", True),
        ("image", True),
    ):
        table.add_column(name, justify="right" if right else "left", no_wrap=True)
    for row in rows:
        table.add_row(
            printable(row.service),
            row.scenario,
            seconds(row.duration.median),
            seconds(row.duration.mad) if row.duration.n > 1 else "–",
            interval(row),
            str(row.duration.n),
            f"{row.cache_hits}/{row.cache_steps}",
            megabytes(row.context_bytes),
            megabytes(row.size_bytes),
        )
    console.print(table)
    for level in dict.fromkeys(row.isolation for row in rows):
        console.print(Text(f"isolation: {printable(level)}", style="dim"))
    edits = {(r.service, r.scenario, r.edited) for r in rows if r.edited}
    for service, scenario, path in sorted(edits):
        console.print(Text(f"{service} {scenario} edits {printable(path)}", style="dim"))
    if lines:
        console.print()
        console.print(_lines(lines, console.width))
        console.print(Text("* the end of the build waited for it", style="dim"))
    for row in rows:
        for note in row.warnings:
            text = f"warning: {row.service} {row.scenario}: {note}"
            console.print(Text(printable(text), style="yellow"))


def interval(row: ScenarioRow) -> str:
    """The 95 % interval of the median, a dash for too few samples."""
    found = row.interval
    return f"{found.low:.2f} – {found.high:.2f}" if found else "–"


def _lines(lines: Sequence[LineRow], width: int) -> Table:
    table = Table(title=None, box=None, pad_edge=False, header_style="bold")
    table.add_column("service", no_wrap=True)
    table.add_column("scenario", no_wrap=True)
    table.add_column("line", justify="right", no_wrap=True)
    table.add_column("median", justify="right", no_wrap=True)
    table.add_column("cache", no_wrap=True)
    table.add_column("layer", justify="right", no_wrap=True)
    table.add_column("step", no_wrap=True)
    names = max(len("service"), *(len(r.service) for r in lines))
    taken = names + max(len("scenario"), *(len(r.scenario) for r in lines)) + 40
    room = max(width - taken, 24)
    for row in lines:
        number = str(row.line) if row.line else "–"
        table.add_row(
            printable(row.service),
            row.scenario,
            number,
            seconds(row.median_s) + ("*" if row.critical else " "),
            "hit" if row.cached else ("ran" if row.line else ""),
            megabytes(row.size_bytes) if row.size_bytes else "",
            Text(cut(printable(row.text), room)),
        )
    return table

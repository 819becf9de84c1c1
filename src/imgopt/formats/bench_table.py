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
            str(row.duration.n),
            f"{row.cache_hits}/{row.cache_steps}",
            megabytes(row.context_bytes),
            megabytes(row.size_bytes),
        )
    console.print(table)
    edits = {(r.service, r.scenario, r.edited) for r in rows if r.edited}
    for service, scenario, path in sorted(edits):
        console.print(Text(f"{service} {scenario} edits {printable(path)}", style="dim"))
    if lines:
        console.print()
        console.print(_lines(lines, console.width))


def _lines(lines: Sequence[LineRow], width: int) -> Table:
    table = Table(title=None, box=None, pad_edge=False, header_style="bold")
    table.add_column("service", no_wrap=True)
    table.add_column("scenario", no_wrap=True)
    table.add_column("line", justify="right", no_wrap=True)
    table.add_column("median", justify="right", no_wrap=True)
    table.add_column("step", no_wrap=True)
    names = max(len("service"), *(len(r.service) for r in lines))
    taken = names + max(len("scenario"), *(len(r.scenario) for r in lines)) + 22
    room = max(width - taken, 24)
    for row in lines:
        number = str(row.line) if row.line else "–"
        table.add_row(
            printable(row.service),
            row.scenario,
            number,
            seconds(row.median_s),
            Text(cut(printable(row.text), room)),
        )
    return table

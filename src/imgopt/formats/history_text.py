"""Builds of a history as a table."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from imgopt.formats.escape import printable
from imgopt.formats.registry import Options
from imgopt.formats.tables.fitting import Column, note, write
from imgopt.formats.terminal import rendered
from imgopt.formats.units import megabytes, seconds
from imgopt.records.rows import BuildRow

_COLUMNS = (
    Column("id", right=False),
    Column("began (UTC)", right=False, drop=2),
    Column("service", right=False, wanted=24, least=8),
    Column("scenario", right=False, wanted=16, least=8),
    Column("commit", right=False, drop=1),
    Column("time"),
    Column("size", drop=3),
    Column("result", right=False),
)


def render(rows: Sequence[BuildRow], options: Options) -> str:
    """One line a build, and how many there are."""
    return rendered(options, lambda console: _write(rows, console))


def _write(rows: Sequence[BuildRow], console: Console) -> None:
    if not rows:
        note("no builds", console, style="")
        return
    write(_COLUMNS, [_row(row) for row in rows], console)


def _row(row: BuildRow) -> dict[str, str | Text]:
    changed = "+" if row.dirty else ""
    return {
        "id": row.id[:12],
        "began (UTC)": f"{row.started_at:%Y-%m-%d %H:%M}",
        "service": printable(row.service),
        "scenario": printable(row.scenario),
        "commit": printable(row.commit[:9]) + changed if row.commit else "–",
        "time": seconds(row.duration_s),
        "size": "–" if row.failed else megabytes(row.size_bytes),
        "result": Text("failed", style="bold red") if row.failed else Text("ok"),
    }

"""Deployments and rollbacks as a table."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from imgopt.formats.escape import printable
from imgopt.formats.registry import Options
from imgopt.formats.tables.fitting import Column, note, write
from imgopt.formats.terminal import rendered
from imgopt.formats.units import seconds
from imgopt.records.event import Event, EventStatus

_COLUMNS = (
    Column("at (UTC)", right=False),
    Column("kind", right=False),
    Column("service", right=False, wanted=24, least=8),
    Column("environment", right=False, drop=1, wanted=16, least=8),
    Column("commit", right=False, drop=2),
    Column("time", drop=3),
    Column("by", right=False, drop=4, wanted=20, least=8),
    Column("status", right=False),
)


def render(events: Sequence[Event], options: Options) -> str:
    """One line an event."""
    return rendered(options, lambda console: _write(events, console))


def _write(events: Sequence[Event], console: Console) -> None:
    if not events:
        note("no events", console, style="")
        return
    write(_COLUMNS, [_row(event) for event in events], console)


def _row(event: Event) -> dict[str, str | Text]:
    failed = event.status is EventStatus.FAILURE
    return {
        "at (UTC)": f"{event.at:%Y-%m-%d %H:%M}",
        "kind": str(event.kind),
        "service": printable(event.service),
        "environment": printable(event.environment) or "–",
        "commit": printable(event.commit[:9]) or "–",
        "time": seconds(event.duration_s) if event.duration_s else "–",
        "by": printable(event.actor) or "–",
        "status": Text(str(event.status), style="bold red" if failed else ""),
    }

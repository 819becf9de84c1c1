"""What a backfill did, for a person: how many of each, and what was in the way."""

from __future__ import annotations

from collections import Counter

from rich.console import Console

from imgopt.bench.backfill_rows import Backfilled, Row, Status
from imgopt.formats.escape import cut, printable
from imgopt.formats.registry import Options
from imgopt.formats.tables.fitting import note
from imgopt.formats.terminal import rendered

_SAID = {
    Status.BUILT: "measured",
    Status.WANTED: "to build",
    Status.FAILED: "failed to build (recorded)",
    Status.RECORDED: "recorded before",
    Status.UNCHANGED: "unchanged",
    Status.BETWEEN: "between commits that are alike",
    Status.ABSENT: "without the service",
    Status.SKIPPED: "skipped",
    Status.LEFT: "left for the next run",
}
_EXPLAINED = (Status.FAILED, Status.SKIPPED)
_SUBJECT = 60
_NOTE = 300


def render(found: Backfilled, options: Options) -> str:
    """A line of counts, and one for each commit that is not as it should be; of a dry run, one
    for each that would be built."""
    return rendered(options, lambda console: _write(found, console))


def _write(found: Backfilled, console: Console) -> None:
    for row in found.rows:
        if row.status is Status.WANTED:
            note(_shown(row), console, style="")
        elif row.status in _EXPLAINED:
            text = cut(printable(" ".join(row.note.split())), _NOTE)
            note(f"{_shown(row)}: {row.status}: {text}", console, style="", indent="    ")
    counts = Counter(row.status for row in found.rows)
    parts = [f"{counts[status]} {text}" for status, text in _SAID.items() if counts[status]]
    services = len({row.service for row in found.rows})
    many = f"{found.commits} commit{'' if found.commits == 1 else 's'}"
    of = f" of {services} services" if services > 1 else ""
    note(f"{many}{of}: {', '.join(parts) or 'nothing done'}", console, style="")


def _shown(row: Row) -> str:
    subject = cut(printable(row.revision.subject), _SUBJECT)
    return f"{row.revision.commit[:9]} {printable(row.service)}  {subject}"

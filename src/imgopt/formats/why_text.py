"""What the next build runs again, for a person."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from imgopt.bench.foresight import Foresight
from imgopt.formats.escape import cut, printable
from imgopt.formats.units import seconds


def write(found: Foresight, console: Console) -> None:
    """Each step with what it took, causes under it, and the sum."""
    when = f"{found.recorded_at:%Y-%m-%d %H:%M} UTC"
    commit = f" at {found.commit[:9]}" if found.commit else ""
    if not found.steps:
        console.print(Text(f"{found.service}: nothing has changed since {when}{commit}"))
        return
    console.print(Text(f"{found.service}, since the record of {when}{commit}:", style="bold"))
    for step in found.steps:
        took = seconds(step.seconds) if step.seconds is not None else "–"
        row = Text(f"{step.line:>5}  {took:>8}  ")
        body = " ".join(step.text.split())
        row.append(cut(printable(body), max(console.width - 24, 24)))
        if not step.certain:
            row.append("  (unless its files are the same)", style="dim")
        console.print(row, soft_wrap=True)
        for reason in step.reasons:
            console.print(Text(f"{'':>17}{printable(reason)}", style="yellow"), soft_wrap=True)
    unknown = sum(s.seconds is None for s in found.steps)
    note = f", {unknown} of {len(found.steps)} steps never measured" if unknown else ""
    console.print(Text(f"{len(found.steps)} steps run again: {seconds(found.seconds)}{note}"))

"""What the next build runs again, for a person."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from imgopt.bench.foresight import Foresight
from imgopt.bench.why import Foretold
from imgopt.formats.escape import printable
from imgopt.formats.registry import Options
from imgopt.formats.tables.fitting import note, shortened
from imgopt.formats.terminal import rendered
from imgopt.formats.units import seconds

_MARGIN = 17  # of the line's number and its time
_UNLESS = "  (unless its files are the same)"
_LEAST = 16


def render(found: Foresight, options: Options) -> str:
    """Each step with what it took, causes under it, and the sum."""
    return rendered(options, lambda console: _write(found, console))


def _write(found: Foresight, console: Console) -> None:
    when = f"{found.recorded_at:%Y-%m-%d %H:%M} UTC"
    commit = f" at {found.commit[:9]}" if found.commit else ""
    service = printable(found.service)
    if not found.steps:
        note(f"{service}: nothing has changed since {when}{commit}", console, style="")
        return
    note(f"{service}, since the record of {when}{commit}:", console, style="bold")
    for step in found.steps:
        _write_step(step, console)
    export = f"{seconds(found.export_s):>{_MARGIN - 2}}  export of the image"
    console.print(Text(export), soft_wrap=True)
    count = len(found.steps)
    unknown = sum(s.seconds is None for s in found.steps)
    missing = f", {unknown} of {count} steps never measured" if unknown else ""
    steps = "1 step runs" if count == 1 else f"{count} steps run"
    total = seconds(found.seconds)
    note(f"{steps} again: {total} with the export{missing}", console, style="")


def _write_step(step: Foretold, console: Console) -> None:
    took = seconds(step.seconds) if step.seconds is not None else "–"
    row = Text(f"{step.line:>5}  {took:>8}  ")
    doubt = "" if step.certain else _UNLESS
    room = console.width - _MARGIN - len(doubt)
    if room < _LEAST:  # the doubt comes below, with the reasons
        room, doubt = console.width - _MARGIN, ""
    row.append(shortened(printable(" ".join(step.text.split())), max(room, _LEAST)))
    row.append(doubt, style="dim")
    console.print(row, soft_wrap=True)
    pad = " " * _MARGIN
    for reason in step.reasons:
        note(pad + printable(reason), console, style="yellow", indent=pad + "  ")
    if not step.certain and not doubt:
        note(pad + _UNLESS.strip(), console, indent=pad + "  ")

"""The scenarios of each service, and the lines that cost time."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from imgopt.bench.tables import LineRow, Lines, ScenarioRow
from imgopt.formats.escape import printable
from imgopt.formats.tables.fitting import Column, note, write
from imgopt.formats.units import interval, megabytes, seconds

_COLUMNS = (
    Column("service", right=False, wanted=24, least=8),
    Column("scenario", right=False, wanted=14, least=8),
    Column("median"),
    Column("MAD", drop=6),
    Column("min", drop=1),
    Column("max", drop=2),
    Column("95 %", drop=7),
    Column("runs", drop=3),
    Column("cached", drop=4),
    Column("context", drop=8),
    Column("image", drop=5),
)
# What the heads mean, said once under the table.
_MEANINGS = {
    "MAD": "MAD: the median distance of the samples from their median",
    "95 %": "95 %: the interval that holds the true median with 95 % confidence",
    "cached": "cached: steps taken from the cache, of those that can be",
    "context": "context: bytes sent to the builder",
    "image": "image: the files of its layers, uncompressed",
}
_LINES = (
    Column("service", right=False, wanted=16, least=8),
    Column("scenario", right=False, wanted=14, least=8),
    Column("line"),
    Column("median"),
    Column("cache", right=False, drop=1),
    Column("layer", drop=2),
    Column("step", right=False, wanted=24, least=8),
)


def write_scenarios(rows: Sequence[ScenarioRow], console: Console) -> None:
    """The table, what its heads mean, and what was built how."""
    cells = [_scenario(row) for row in rows]
    shown = write(_COLUMNS, cells, console)
    meanings = [text for name, text in _MEANINGS.items() if name in shown]
    if rows and meanings:
        note("; ".join(meanings), console)
    for level in dict.fromkeys(row.isolation for row in rows):
        note(f"isolation: {printable(level)}", console)
    for service, built in dict.fromkeys((row.service, row.built) for row in rows):
        note(f"{printable(service)}: {printable(built)}", console)
    for service, scenario, path in sorted({(r.service, r.scenario, r.edited) for r in rows}):
        if path:
            note(f"{printable(service)} {scenario} edits {printable(path)}", console)


def _scenario(row: ScenarioRow) -> dict[str, str | Text]:
    several = row.duration.n > 1
    return {
        "service": printable(row.service),
        "scenario": row.scenario,
        "median": seconds(row.duration.median),
        "MAD": seconds(row.duration.mad) if several else "–",
        "min": seconds(row.duration.min) if several else "–",
        "max": seconds(row.duration.max) if several else "–",
        "95 %": interval(row.interval),
        "runs": str(row.duration.n),
        "cached": f"{row.cache_hits}/{row.cache_steps}",
        "context": megabytes(row.context_bytes),
        "image": megabytes(row.size_bytes),
    }


def write_lines(lines: Lines, console: Console) -> None:
    """The lines that cost time, and how many do not."""
    if lines.shown:
        console.print()
        write(_LINES, [_line(row) for row in lines.shown], console)
        note("* the end of the build waited for it", console)
    if lines.left_out:
        steps = "1 step" if lines.left_out == 1 else f"{lines.left_out} steps"
        is_ = "is" if lines.left_out == 1 else "are"
        note(f"{steps} under {lines.at_least_s:.1f} s {is_} not shown", console)


def _line(row: LineRow) -> dict[str, str | Text]:
    return {
        "service": printable(row.service),
        "scenario": row.scenario,
        "line": str(row.line) if row.line else "–",
        "median": seconds(row.median_s) + ("*" if row.critical else " "),
        "cache": "hit" if row.cached else ("ran" if row.line else ""),
        "layer": megabytes(row.size_bytes) if row.size_bytes else "",
        "step": printable(row.text),
    }


def write_warnings(rows: Sequence[ScenarioRow], console: Console) -> None:
    """Why the numbers deserve less trust."""
    for row in rows:
        for text in row.warnings:
            said = printable(f"warning: {row.service} {row.scenario}: {text}")
            note(said, console, style="yellow")

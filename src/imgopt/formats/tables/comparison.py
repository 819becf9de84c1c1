"""A against B: the verdicts, and the lines that differ."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from imgopt.bench.compare import LineComparison, ServiceComparison
from imgopt.formats.escape import printable
from imgopt.formats.tables.fitting import Column, note, write
from imgopt.formats.units import interval, megabytes, seconds

_STYLES = {"faster": "green", "slower": "bold red", "needs more runs": "yellow"}
_MOST_LINES = 12
_COLUMNS = (
    Column("service", right=False, wanted=24, least=8),
    Column("scenario", right=False, wanted=14, least=8),
    Column("verdict", right=False),
    Column("B / A"),
    Column("95 %", drop=1),
    Column("A", drop=3),
    Column("B", drop=2),
    Column("pairs", drop=4),
)
_LINES = (
    Column("line"),
    Column("A"),
    Column("B"),
    Column("verdict", right=False),
    Column("step", right=False, wanted=24, least=8),
)


def write_comparisons(found: Sequence[ServiceComparison], console: Console) -> None:
    """The scenarios with their verdicts, the lines that differ, and the warnings."""
    shown = write(_COLUMNS, [_scenario(row) for row in found], console)
    if found:
        width = " 95 %: the interval of B / A with 95 % confidence." if "95 %" in shown else ""
        note(f"A is {printable(found[0].baseline)}, B what is here now.{width}", console)
    sizes = {r.service: (r.size_a_bytes, r.size_b_bytes) for r in found}
    for service, (before, after) in sizes.items():
        note(f"{printable(service)} image: A {megabytes(before)}, B {megabytes(after)}", console)
    for row in found:
        _write_lines(row, console)
    for row in found:
        for text in row.warnings:
            said = printable(f"warning: {row.service} {row.scenario}, {text}")
            note(said, console, style="yellow")


def _scenario(row: ServiceComparison) -> dict[str, str | Text]:
    duration = row.duration
    return {
        "service": printable(row.service),
        "scenario": row.scenario,
        "verdict": Text(duration.verdict, style=_STYLES.get(duration.verdict, "")),
        "B / A": f"{duration.ratio:.2f}",
        "95 %": interval(duration.interval),
        "A": seconds(duration.a.median),
        "B": seconds(duration.b.median),
        "pairs": str(min(duration.a.n, duration.b.n)),
    }


def _write_lines(row: ServiceComparison, console: Console) -> None:
    changed = [line for line in row.lines if differs(line)]
    if not changed:
        return
    console.print()
    console.print(Text(f"{printable(row.service)} {row.scenario}", style="bold"), soft_wrap=True)
    write(_LINES, [_line(line) for line in changed[:_MOST_LINES]], console)
    more = max(len(changed) - _MOST_LINES, 0)
    same = len(row.lines) - len(changed)
    rest = [
        f"{count} {what}"
        for count, what in (
            (more, "more that differ"),
            (same, "without a clear difference"),
            (row.short_steps, f"under {row.at_least_s:.2f} s"),
        )
        if count
    ]
    if rest:
        note(f"not shown: {', '.join(rest)}", console)


def differs(line: LineComparison) -> bool:
    """Whether a line has a verdict, or is only in one of the two."""
    return line.comparison is None or line.comparison.verdict in ("faster", "slower")


def _line(line: LineComparison) -> dict[str, str | Text]:
    return {
        "line": str(line.line) if line.line else "–",
        "A": seconds(line.a_s) if line.a_s is not None else "–",
        "B": seconds(line.b_s) if line.b_s is not None else "–",
        "verdict": line_verdict(line),
        "step": printable(line.text),
    }


def line_verdict(line: LineComparison) -> str:
    """The verdict of a line; one that only one of the two has is told as that."""
    if line.comparison is None:
        return f"only in {line.only}"
    return line.comparison.verdict

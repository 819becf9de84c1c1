"""A against B: for a terminal, and as Markdown for a comment on a pull request."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from imgopt.bench.compare import LineComparison, ServiceComparison
from imgopt.formats.escape import cut, printable
from imgopt.formats.units import interval, megabytes, seconds

_STYLES = {"faster": "green", "slower": "bold red", "needs more runs": "yellow"}
_MOST_LINES = 12


def write(found: Sequence[ServiceComparison], console: Console) -> None:
    """A table of the scenarios with their verdicts, the lines that differ, and the warnings."""
    table = Table(title=None, box=None, pad_edge=False, header_style="bold")
    for name in ("service", "scenario", "verdict"):
        table.add_column(name)
    for name in ("B / A", "95 %", "A", "B", "pairs"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in found:
        duration = row.duration
        table.add_row(
            printable(row.service),
            row.scenario,
            Text(duration.verdict, style=_STYLES.get(duration.verdict, "")),
            f"{duration.ratio:.2f}",
            interval(duration.interval),
            seconds(duration.a.median),
            seconds(duration.b.median),
            str(min(duration.a.n, duration.b.n)),
        )
    console.print(table)
    sizes = {r.service: (r.size_a_bytes, r.size_b_bytes) for r in found}
    for service, (before, after) in sizes.items():
        text = f"{printable(service)} image: A {megabytes(before)}, B {megabytes(after)}"
        console.print(Text(text, style="dim"))
    if found:
        console.print(Text(f"A is {printable(found[0].baseline)}, B what is here now", style="dim"))
    for row in found:
        changed = [line for line in row.lines if _differs(line)]
        if changed:
            console.print()
            console.print(Text(f"{printable(row.service)} {row.scenario}", style="bold"))
            console.print(_lines(changed[:_MOST_LINES], console.width))
    for row in found:
        for note in row.warnings:
            text = f"warning: {row.service} {row.scenario}, {note}"
            console.print(Text(printable(text), style="yellow"))


def _differs(line: LineComparison) -> bool:
    return line.comparison is None or line.comparison.verdict in ("faster", "slower")


def _lines(lines: Sequence[LineComparison], width: int) -> Table:
    table = Table(title=None, box=None, pad_edge=False, header_style="bold")
    for name, right in (("line", True), ("A", True), ("B", True), ("verdict", False)):
        table.add_column(name, justify="right" if right else "left", no_wrap=True)
    table.add_column("step", no_wrap=True)
    for line in lines:
        table.add_row(
            str(line.line) if line.line else "–",
            seconds(line.a_s) if line.a_s is not None else "–",
            seconds(line.b_s) if line.b_s is not None else "–",
            line_verdict(line),
            Text(cut(printable(line.text), max(width - 44, 24))),
        )
    return table


def line_verdict(line: LineComparison) -> str:
    """The verdict of a line; one that only one of the two has is told as that."""
    if line.comparison is None:
        return "only in A" if line.only == "A" else "only in B"
    return line.comparison.verdict


def markdown(found: Sequence[ServiceComparison]) -> str:
    """The verdicts first, then the numbers, the lines that differ, and the warnings."""
    out = ["### imgopt bench", ""]
    for row in found:
        out.append(f"- **{code_span(row.service)} {row.scenario}: {_sentence(row)}**")
    out += ["", "| service | scenario | A | B | B / A | 95 % | pairs | image A | image B |",
            "|---|---|--:|--:|--:|--:|--:|--:|--:|"]  # fmt: skip
    for row in found:
        duration = row.duration
        out.append(
            f"| {code_span(row.service)} | {row.scenario} | {seconds(duration.a.median)} "
            f"| {seconds(duration.b.median)} | {duration.ratio:.2f} "
            f"| {interval(duration.interval)} | {min(duration.a.n, duration.b.n)} "
            f"| {megabytes(row.size_a_bytes)} | {megabytes(row.size_b_bytes)} |"
        )
    changed = [(row, line) for row in found for line in row.lines if _differs(line)]
    if changed:
        out += ["", "| service | scenario | line | A | B | verdict | step |",
                "|---|---|--:|--:|--:|---|---|"]  # fmt: skip
        for row, line in changed:
            out.append(
                f"| {code_span(row.service)} | {row.scenario} | {line.line or '–'} "
                f"| {seconds(line.a_s) if line.a_s is not None else '–'} "
                f"| {seconds(line.b_s) if line.b_s is not None else '–'} "
                f"| {line_verdict(line)} | {code_span(cut(line.text, 80))} |"
            )
    notes = [f"- {code_span(r.service)} {r.scenario}, {note}" for r in found for note in r.warnings]
    if notes:
        out += ["", "Warnings:", "", *notes]
    baseline = found[0].baseline if found else ""
    out += ["", f"A is {code_span(baseline)}, B the change. Medians; the interval is of the ratio."]
    return "\n".join(out) + "\n"


def _sentence(row: ServiceComparison) -> str:
    duration = row.duration
    if duration.verdict in ("faster", "slower"):
        share = f"{duration.ratio:.2f} times the time ({interval(duration.interval)})"
        return f"{duration.verdict}, {share}"
    return duration.verdict


def code_span(text: str) -> str:
    """Text of others as a code span that cannot end early, nor end a cell."""
    return f"`{printable(text).replace('`', '´').replace('|', '¦')}`"

"""A against B as Markdown: the verdicts first, then the numbers, the lines, the warnings."""

from __future__ import annotations

from collections.abc import Sequence

from imgopt.bench.compare import LineComparison, ServiceComparison
from imgopt.formats.escape import code_span, cut
from imgopt.formats.tables.comparison import differs, line_verdict
from imgopt.formats.units import interval, megabytes, seconds


def comparison(found: Sequence[ServiceComparison]) -> str:
    """A comment for a pull request."""
    out = ["### imgopt bench", ""]
    for row in found:
        out.append(f"- **{code_span(row.service)} {row.scenario}: {_sentence(row)}**")
    out += ["", "| service | scenario | A | B | B / A | 95 % | pairs | image A | image B |",
            "|---|---|--:|--:|--:|--:|--:|--:|--:|"]  # fmt: skip
    out += [_row(row) for row in found]
    changed = [(row, line) for row in found for line in row.lines if differs(line)]
    if changed:
        out += ["", "| service | scenario | line | A | B | verdict | step |",
                "|---|---|--:|--:|--:|---|---|"]  # fmt: skip
        out += [_line(row, line) for row, line in changed]
    notes = [f"- {code_span(r.service)} {r.scenario}, {note}" for r in found for note in r.warnings]
    if notes:
        out += ["", "Warnings:", "", *notes]
    baseline = found[0].baseline if found else ""
    out += ["", f"A is {code_span(baseline)}, B the change. A and B are medians, 95 % is the "
            "confidence interval of B / A."]  # fmt: skip
    return "\n".join(out) + "\n"


def _row(row: ServiceComparison) -> str:
    duration = row.duration
    return (
        f"| {code_span(row.service)} | {row.scenario} | {seconds(duration.a.median)} "
        f"| {seconds(duration.b.median)} | {duration.ratio:.2f} "
        f"| {interval(duration.interval)} | {min(duration.a.n, duration.b.n)} "
        f"| {megabytes(row.size_a_bytes)} | {megabytes(row.size_b_bytes)} |"
    )


def _line(row: ServiceComparison, line: LineComparison) -> str:
    return (
        f"| {code_span(row.service)} | {row.scenario} | {line.line or '–'} "
        f"| {seconds(line.a_s) if line.a_s is not None else '–'} "
        f"| {seconds(line.b_s) if line.b_s is not None else '–'} "
        f"| {line_verdict(line)} | {code_span(cut(line.text, 80))} |"
    )


def _sentence(row: ServiceComparison) -> str:
    duration = row.duration
    if duration.verdict in ("faster", "slower"):
        share = f"{duration.ratio:.2f} times the time ({interval(duration.interval)})"
        return f"{duration.verdict}, {share}"
    return duration.verdict

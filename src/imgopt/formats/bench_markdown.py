"""Bench results as Markdown: the verdicts where something was compared, else a table."""

from __future__ import annotations

from collections.abc import Sequence

from imgopt.bench.compare import ServiceComparison
from imgopt.bench.tables import scenario_rows
from imgopt.formats.bench_compare import code_span, markdown
from imgopt.formats.units import interval, megabytes, seconds
from imgopt.records.build import BuildRecord


def render(records: Sequence[BuildRecord], comparisons: Sequence[ServiceComparison] = ()) -> str:
    """A comment for a pull request."""
    if comparisons:
        return markdown(comparisons)
    out = ["### imgopt bench", "",
           "| service | scenario | median | MAD | 95 % | runs | cached | image |",
           "|---|---|--:|--:|--:|--:|--:|--:|"]  # fmt: skip
    rows = scenario_rows(records)
    for row in rows:
        mad = seconds(row.duration.mad) if row.duration.n > 1 else "–"
        out.append(
            f"| {code_span(row.service)} | {row.scenario} | {seconds(row.duration.median)} | {mad} "
            f"| {interval(row.interval)} | {row.duration.n} | {row.cache_hits}/{row.cache_steps} "
            f"| {megabytes(row.size_bytes)} |"
        )
    notes = [f"- {code_span(r.service)} {r.scenario}: {note}" for r in rows for note in r.warnings]
    if notes:
        out += ["", "Warnings:", "", *notes]
    levels = ", ".join(dict.fromkeys(row.isolation for row in rows))
    out += ["", f"Isolation: {levels}. Medians with their 95 % intervals."]
    return "\n".join(out) + "\n"

"""Bench results as Markdown, for a pull request: the verdicts where something was compared."""

from __future__ import annotations

from imgopt.bench.result import BenchResult
from imgopt.bench.tables import ScenarioRow, scenario_rows
from imgopt.formats.escape import code_span
from imgopt.formats.registry import Options
from imgopt.formats.tables.comparison_markdown import comparison
from imgopt.formats.units import interval, megabytes, seconds


def render(result: BenchResult, _options: Options) -> str:
    """A comment that stands by itself."""
    if result.comparisons:
        return comparison(result.comparisons)
    out = ["### imgopt bench", "",
           "| service | scenario | median | MAD | min | max | 95 % | runs | cached | image |",
           "|---|---|--:|--:|--:|--:|--:|--:|--:|--:|"]  # fmt: skip
    rows = scenario_rows(result.records)
    out += [_row(row) for row in rows]
    notes = [f"- {code_span(r.service)} {r.scenario}: {note}" for r in rows for note in r.warnings]
    if notes:
        out += ["", "Warnings:", "", *notes]
    levels = ", ".join(dict.fromkeys(row.isolation for row in rows))
    built = dict.fromkeys(f"{code_span(r.service)} is {code_span(r.built)}" for r in rows)
    out += ["", f"Isolation: {levels}. {'; '.join(built)}. MAD is the median distance of the "
            "samples from their median, 95 % the confidence interval of the median."]  # fmt: skip
    return "\n".join(out) + "\n"


def _row(row: ScenarioRow) -> str:
    duration = row.duration
    spread = [
        seconds(v) if duration.n > 1 else "–" for v in (duration.mad, duration.min, duration.max)
    ]
    return (
        f"| {code_span(row.service)} | {row.scenario} | {seconds(duration.median)} "
        f"| {' | '.join(spread)} | {interval(row.interval)} | {duration.n} "
        f"| {row.cache_hits}/{row.cache_steps} | {megabytes(row.size_bytes)} |"
    )

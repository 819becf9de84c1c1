"""Bench results for a terminal: the verdicts where something was compared, else tables."""

from __future__ import annotations

from rich.console import Console

from imgopt.bench.result import BenchResult
from imgopt.bench.tables import line_rows, scenario_rows
from imgopt.formats.registry import Options
from imgopt.formats.tables.annotated import write_annotation
from imgopt.formats.tables.comparison import write_comparisons
from imgopt.formats.tables.scenarios import write_lines, write_scenarios, write_warnings
from imgopt.formats.terminal import rendered


def render(result: BenchResult, options: Options) -> str:
    """Tables that fit the width, and each annotated Dockerfile."""
    return rendered(options, lambda console: _write(result, console))


def _write(result: BenchResult, console: Console) -> None:
    if result.comparisons:
        write_comparisons(result.comparisons, console)
    else:
        rows = scenario_rows(result.records)
        write_scenarios(rows, console)
        write_lines(line_rows(result.records), console)
        write_warnings(rows, console)
    for annotation in result.annotations:
        console.print()
        write_annotation(annotation, console)

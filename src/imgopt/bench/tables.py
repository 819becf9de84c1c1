"""Records gathered into the rows that formats show. Pure."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from imgopt.bench.stats import Summary, summarise
from imgopt.records.build import BuildRecord


class ScenarioRow(msgspec.Struct, frozen=True):
    """All samples of one scenario of one service; hits and sizes are the last sample's."""

    service: str
    scenario: str
    edited: str
    duration: Summary
    cache_hits: int
    cache_steps: int
    context_bytes: int
    size_bytes: int


class LineRow(msgspec.Struct, frozen=True):
    """What one Dockerfile line costs in one scenario; `line` 0 is what belongs to no line."""

    service: str
    scenario: str
    line: int
    text: str
    median_s: float
    cached: bool


def scenario_rows(records: Sequence[BuildRecord]) -> list[ScenarioRow]:
    """One row a service and scenario, in order of appearance."""
    rows = []
    for (service, scenario), group in grouped(records).items():
        last = group[-1]
        duration = summarise([r.duration_s for r in group])
        rows.append(
            ScenarioRow(
                service,
                scenario,
                last.edited,
                duration,
                last.cache_hits,
                last.cache_steps,
                last.context_bytes,
                last.image.size_bytes,
            )
        )
    return rows


def line_rows(records: Sequence[BuildRecord], at_least_s: float = 0.1) -> list[LineRow]:
    """The lines that ran for at least that long in the median, dearest first a scenario."""
    rows: list[LineRow] = []
    for (service, scenario), group in grouped(records).items():
        seconds: dict[tuple[int, str], list[float]] = {}
        cached: dict[tuple[int, str], bool] = {}
        for record in group:
            spent: dict[tuple[int, str], float] = {}
            for step in record.steps:
                key = (step.line, step_text(step.name, step.line))
                spent[key] = spent.get(key, 0.0) + step.duration_s
                cached[key] = step.cached
            for key, value in spent.items():
                seconds.setdefault(key, []).append(value)
        found = [
            LineRow(service, scenario, line, text, summarise(values).median, cached[line, text])
            for (line, text), values in seconds.items()
        ]
        shown = [row for row in found if row.median_s >= at_least_s]
        rows += sorted(shown, key=lambda row: -row.median_s)
    return rows


def grouped(records: Sequence[BuildRecord]) -> dict[tuple[str, str], list[BuildRecord]]:
    """(service, scenario) → its samples, in order of appearance."""
    groups: dict[tuple[str, str], list[BuildRecord]] = {}
    for record in records:
        groups.setdefault((record.service, record.scenario), []).append(record)
    return groups


def step_text(name: str, line: int) -> str:
    """A vertex's name without its `[stage 3/6] ` when a line says where it is."""
    text = " ".join(name.split())
    return text.partition("] ")[2] if line and text.startswith("[") else text

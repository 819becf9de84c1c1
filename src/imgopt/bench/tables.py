"""Records gathered into the rows that formats show. Pure."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from imgopt.bench.stats import (
    Interval,
    Load,
    Summary,
    bootstrap_median,
    summarise,
    warnings,
)
from imgopt.records.build import BuildRecord


class ScenarioRow(msgspec.Struct, frozen=True):
    """All samples of one scenario of one service; hits and sizes are the last sample's.

    `interval` is that of the median, None for too few samples; `warnings` say why the numbers
    deserve less trust. `built` is the Dockerfile and its target.
    """

    service: str
    scenario: str
    edited: str
    duration: Summary
    cache_hits: int
    cache_steps: int
    context_bytes: int
    size_bytes: int
    isolation: str
    interval: Interval | None
    warnings: tuple[str, ...]
    built: str


class LineRow(msgspec.Struct, frozen=True):
    """What one Dockerfile line costs in one scenario; `line` 0 is what belongs to no line.

    `cached`, `critical` and `size_bytes` (of the line's layer) are those of the last sample.
    """

    service: str
    scenario: str
    line: int
    text: str
    median_s: float
    cached: bool
    critical: bool
    size_bytes: int


class Lines(msgspec.Struct, frozen=True):
    """The lines that took at least `at_least_s` in the median, and how many steps did not."""

    shown: tuple[LineRow, ...]
    left_out: int
    at_least_s: float


def scenario_rows(records: Sequence[BuildRecord]) -> list[ScenarioRow]:
    """One row a service and scenario, in order of appearance."""
    rows = []
    for (service, scenario), group in grouped(records).items():
        last = group[-1]
        samples = [r.duration_s for r in group]
        duration = summarise(samples)
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
                last.isolation,
                bootstrap_median(samples),
                tuple(warnings(samples, [load(r) for r in group])),
                last.dockerfile + (f", target {last.target}" if last.target else ""),
            )
        )
    return rows


def load(record: BuildRecord) -> Load:
    """What else ran on the machine, as the statistics take it."""
    return Load(record.load_per_core, record.steal)


def line_rows(records: Sequence[BuildRecord], at_least_s: float = 0.1) -> Lines:
    """The lines that ran for at least that long in the median, dearest first a scenario."""
    rows: list[LineRow] = []
    left_out = 0
    for (service, scenario), group in grouped(records).items():
        seconds: dict[tuple[int, str], list[float]] = {}
        marks: dict[tuple[int, str], tuple[bool, bool]] = {}
        for record in group:
            spent: dict[tuple[int, str], float] = {}
            marks = {}
            for step in record.steps:
                key = (step.line, step_text(step.name, step.line))
                spent[key] = spent.get(key, 0.0) + step.duration_s
                cached, critical = marks.get(key, (True, False))
                marks[key] = (cached and step.cached, critical or step.critical)
            for key, value in spent.items():
                seconds.setdefault(key, []).append(value)
        sizes = {layer.line: layer.size_bytes for layer in group[-1].image.layers if layer.line}
        found = [
            LineRow(
                service,
                scenario,
                line,
                text,
                summarise(values).median,
                *marks.get((line, text), (False, False)),
                sizes.get(line, 0),
            )
            for (line, text), values in seconds.items()
        ]
        shown = [row for row in found if row.median_s >= at_least_s]
        left_out += len(found) - len(shown)
        rows += sorted(shown, key=lambda row: -row.median_s)
    return Lines(tuple(rows), left_out, at_least_s)


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

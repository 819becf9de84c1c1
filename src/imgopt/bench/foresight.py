"""What the next build of an image runs again, from its last record and what is on disk."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from imgopt.bench.image_inputs import image_facts, image_inputs
from imgopt.bench.record import base_digests
from imgopt.bench.stats import summarise
from imgopt.bench.why import Foretold, foretell
from imgopt.project.image import Image
from imgopt.records.build import BuildRecord


class Foresight(msgspec.Struct, frozen=True):
    """`steps` in the file's order. `seconds` is the sum of those that were measured and of
    `export_s`, what exporting the image took when about as much of it was new."""

    service: str
    commit: str
    recorded_at: datetime
    steps: tuple[Foretold, ...]
    seconds: float
    export_s: float = 0.0


def foresee(image: Image, records: Sequence[BuildRecord]) -> Foresight | None:
    """What the next build runs; None without a record that holds inputs of an unedited tree."""
    fit = [r for r in records if r.inputs and not r.edited]
    if not fit:
        return None
    last = max(fit, key=lambda r: r.started_at)
    facts = image_facts(image)
    old = {s.text: s.base for s in last.inputs if s.instruction == "FROM" and s.base}
    # A base that nobody can tell anything of is taken for the same.
    bases = {**old, **base_digests(facts)}
    now = image_inputs(image, facts, bases)
    steps = tuple(foretell(last.inputs, now, _seconds(records)))
    export_s = _export_s(records, {s.line for s in steps}) if steps else 0.0
    return Foresight(
        image.name,
        last.commit,
        last.started_at,
        steps,
        round(sum(s.seconds or 0.0 for s in steps) + export_s, 3),
        round(export_s, 3),
    )


def _export_s(records: Sequence[BuildRecord], lines: set[int]) -> float:
    """The median export of those samples whose lines that ran are most like these."""
    by_distance: dict[int, list[float]] = {}
    for record in records:
        ran = {s.line for s in record.steps if s.line and not s.cached and s.instruction != "FROM"}
        if ran:
            by_distance.setdefault(len(ran ^ lines), []).append(record.export_s)
    return summarise(by_distance[min(by_distance)]).median if by_distance else 0.0


def _seconds(records: Sequence[BuildRecord]) -> dict[tuple[str, str], float]:
    """(instruction, text) → median seconds of the samples in which the step ran."""
    samples: dict[tuple[str, str], list[float]] = {}
    for record in records:
        by_line: dict[int, float] = {}
        for step in record.steps:
            if step.line and not step.cached:
                by_line[step.line] = by_line.get(step.line, 0.0) + step.duration_s
        for inputs in record.inputs:
            if inputs.line in by_line:
                key = (inputs.instruction, inputs.text)
                samples.setdefault(key, []).append(by_line[inputs.line])
    return {key: summarise(values).median for key, values in samples.items()}

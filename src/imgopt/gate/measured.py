"""The records that a check may judge by, and what they say was spent. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from imgopt.bench.stats import summarise
from imgopt.gate.lines import biggest_line, slowest_line
from imgopt.records.build import RECORDED, BuildRecord
from imgopt.records.image import ImageRecord
from imgopt.records.variant import Side
from imgopt.report.budgets import Cost, Spent

Runs = Mapping[str, Sequence[BuildRecord]]


def is_measured(record: BuildRecord) -> bool:
    """Whether it is a sample of what is here: no failure, no side A of a comparison, no build
    that was done anyway."""
    is_own = record.isolation != RECORDED and not record.ref
    return is_own and record.failure is None and record.side is not Side.A


def last_runs(records: Iterable[BuildRecord], service: str) -> dict[str, list[BuildRecord]]:
    """Scenario → the samples of the last run that measured it, oldest first."""
    found: dict[str, list[BuildRecord]] = {}
    own = [r for r in records if r.service == service and is_measured(r)]
    for record in sorted(own, key=lambda r: r.started_at):
        before = found.get(record.scenario)
        if before and _run(before[-1]) == _run(record):
            before.append(record)
        else:
            found[record.scenario] = [record]
    return found


def newest(runs: Runs) -> BuildRecord | None:
    """The last sample of all."""
    return max((r for run in runs.values() for r in run), key=lambda r: r.started_at, default=None)


def spent(runs: Runs, image: ImageRecord | None = None) -> dict[str, Spent]:
    """What runs say of a service's budgets: its size, the time of each scenario, and its waste
    where the image was searched."""
    last = newest(runs)
    found: dict[str, Spent] = {}
    if last is not None:
        found["size"] = Spent(last.image.size_bytes, biggest_line(last))
    for scenario, samples in runs.items():
        summary = summarise([r.duration_s for r in samples])
        note = f"median of {summary.n} samples" if summary.n > 1 else "one sample"
        found[scenario] = Spent(summary.median, slowest_line(samples), note)
    if image is not None:
        found["waste"] = Spent(image.wasted_bytes, _wasteful_line(image))
    else:
        found["waste"] = Spent(None, note="not known of a record; `imgopt check --measure` looks")
    return found


def _wasteful_line(image: ImageRecord) -> Cost | None:
    layer = max(image.layers, key=lambda x: x.wasted_bytes, default=None)
    if layer is None or not layer.wasted_bytes:
        return None
    return Cost(layer.line, " ".join(layer.instruction.split())[:200], layer.wasted_bytes)


def _run(record: BuildRecord) -> tuple[str, str, str]:
    return record.run, record.isolation, record.variant

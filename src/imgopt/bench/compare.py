"""Records of A and B compared: a verdict for each scenario and each line. Pure."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from imgopt.bench.stats import (
    MIN_EFFECT,
    UNSURE,
    Comparison,
    compare,
    is_regression,
    is_settled,
    summarise,
    warnings,
)
from imgopt.bench.tables import grouped, load, step_text
from imgopt.records.build import BuildRecord
from imgopt.records.variant import Side

LINE_MIN_S = 0.05


class LineComparison(msgspec.Struct, frozen=True):
    """One step of both variants, or of one: then `only` says of which, and there is no ratio.

    `line` is its line in B, or in A where B has it not; seconds are medians.
    """

    line: int
    text: str
    a_s: float | None
    b_s: float | None
    comparison: Comparison | None
    only: Side | None = None


class ServiceComparison(msgspec.Struct, frozen=True):
    """One scenario of one service, B against A; `baseline` says what A is.

    A line gets a verdict only where its scenario has one. `short_steps` took less than
    `at_least_s` in both and are not among the lines.
    """

    service: str
    scenario: str
    baseline: str
    duration: Comparison
    size_a_bytes: int
    size_b_bytes: int
    lines: tuple[LineComparison, ...]
    warnings: tuple[str, ...]
    short_steps: int = 0
    at_least_s: float = LINE_MIN_S


def compare_records(
    records: Sequence[BuildRecord], baseline: str, min_effect: float = MIN_EFFECT
) -> list[ServiceComparison]:
    """A comparison for each service and scenario that has samples of both variants."""
    found = []
    for (service, scenario), group in grouped(records).items():
        a, b = _sides(group)
        if not a or not b:
            continue
        duration = compare([r.duration_s for r in a], [r.duration_s for r in b], min_effect)
        lines, short = _lines(a, b, min_effect, duration.verdict == UNSURE)
        notes = [
            f"{name}: {note}"
            for name, side in ((Side.A, a), (Side.B, b))
            for note in warnings([r.duration_s for r in side], [load(r) for r in side])
        ]
        found.append(
            ServiceComparison(
                service,
                scenario,
                baseline,
                duration,
                a[-1].image.size_bytes,
                b[-1].image.size_bytes,
                tuple(lines),
                tuple(notes),
                short,
            )
        )
    return found


def settled(
    records: Sequence[BuildRecord], min_effect: float = MIN_EFFECT, regression: float | None = None
) -> bool:
    """Whether more pairs of one scenario would not change the verdict, nor the answer to
    whether it is slower by more than `regression`."""
    a, b = _sides(records)
    found = compare([r.duration_s for r in a], [r.duration_s for r in b], min_effect)
    return is_settled(found, min_effect, regression)


def regressions(found: Sequence[ServiceComparison], at_least: float) -> list[ServiceComparison]:
    """Those that are slower by more than a share, as their intervals say."""
    return [c for c in found if is_regression(c.duration, at_least)]


def _sides(records: Sequence[BuildRecord]) -> tuple[list[BuildRecord], list[BuildRecord]]:
    return (
        [r for r in records if r.side is Side.A],
        [r for r in records if r.side is Side.B],
    )


def _lines(
    a: Sequence[BuildRecord], b: Sequence[BuildRecord], min_effect: float, is_unsure: bool
) -> tuple[list[LineComparison], int]:
    """Steps by their text, in B's order, then those of A alone; and how many are trifles."""
    old, new = _seconds(a), _seconds(b)
    found = []
    short = 0
    for key in (*new, *(k for k in old if k not in new)):
        line = (new.get(key) or old[key])[0]
        left, right = old.get(key), new.get(key)
        medians = [summarise(s[1]).median for s in (left, right) if s]
        if max(medians) < LINE_MIN_S:
            short += 1
            continue
        both = compare(left[1], right[1], min_effect) if left and right else None
        if both and is_unsure:  # the whole has no verdict yet, so its parts have none
            both = msgspec.structs.replace(both, verdict=UNSURE)
        found.append(
            LineComparison(
                line,
                key,
                both.a.median if both else (medians[0] if left else None),
                both.b.median if both else (medians[0] if right else None),
                both,
                None if both else (Side.A if left else Side.B),
            )
        )
    return found, short


def _seconds(records: Sequence[BuildRecord]) -> dict[str, tuple[int, list[float]]]:
    """Step text → (line, seconds in each sample)."""
    found: dict[str, tuple[int, list[float]]] = {}
    for record in records:
        spent: dict[str, tuple[int, float]] = {}
        for step in record.steps:
            text = step_text(step.name, step.line)
            line, before = spent.get(text, (step.line, 0.0))
            spent[text] = (line, before + step.duration_s)
        for text, (line, seconds) in spent.items():
            found.setdefault(text, (line, []))[1].append(seconds)
    return found

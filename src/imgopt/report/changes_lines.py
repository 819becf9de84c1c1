"""The Dockerfile line that is behind a change: what moved most between its two sides. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from statistics import median
from typing import NamedTuple

import msgspec

from imgopt.records.rows import LayerRow, StepRow
from imgopt.report.model import Change

_MOST_LINES = 200  # of a side, the heaviest: aligning takes the product of both
_OTHER_TEXT = 0.3  # of an instruction's root, for taking it for one with another text


class Line(NamedTuple):
    """An instruction of one version of a Dockerfile and its seconds or bytes; `critical` when the
    end of the build waited for it."""

    stage: str
    line: int
    instruction: str
    value: float
    critical: bool = True


def blame(change: Change, before: Sequence[Line], after: Sequence[Line]) -> Change:
    """The change with the line that moved most in its direction, if one did.

    `before` and `after` are the lines of both sides in their order; one that is on one side alone
    came or went. A line that went keeps its old number.
    """
    direction = 1.0 if change.after >= change.before else -1.0
    moved = [
        (direction * (new.value - old.value), new if new.line else old, max(old, new, key=_value))
        for old, new in _pairs(before, after)
        if direction * (new.value - old.value) > 0
    ]
    # What moved beside the critical path has not moved the whole, unless nothing else is known.
    waited_for = [one for one in moved if one[2].critical] or moved
    if not waited_for:
        return change
    most, line, _ = max(waited_for, key=lambda one: (one[0], -one[1].line))
    return msgspec.structs.replace(
        change, line=line.line, instruction=line.instruction, line_delta=direction * most
    )


def _value(line: Line) -> float:
    return line.value


def step_lines(steps: Iterable[StepRow]) -> list[Line]:
    """The median seconds of each line over some builds, in the order of the Dockerfile."""
    return _lines(
        (s.number, s.stage, s.line, s.instruction, s.duration_s, s.critical)
        for s in steps
        if s.line
    )


def layer_lines(layers: Iterable[LayerRow]) -> list[Line]:
    """The median bytes of each line over some images, those of the base image as line 0."""
    return _lines(
        (row.number, "", row.line, row.instruction if row.line else "", float(row.size_bytes), True)
        for row in layers
    )


def _lines(values: Iterable[tuple[int, str, int, str, float, bool]]) -> list[Line]:
    builds: set[int] = set()
    sums: dict[tuple[str, int, str], dict[int, float]] = {}
    waits: dict[tuple[str, int, str], set[int]] = {}
    for number, stage, line, instruction, value, critical in values:
        builds.add(number)
        key = (stage, line, instruction)
        of = sums.setdefault(key, {})
        of[number] = of.get(number, 0.0) + value
        if critical:
            waits.setdefault(key, set()).add(number)
    usual = [  # in most of the builds: a line of another version of the file is in few
        Line(*key, median(of.values()), 2 * len(waits.get(key, ())) >= len(of))
        for key, of in sums.items()
        if 2 * len(of) >= len(builds)
    ]
    heaviest = sorted(usual, key=lambda line: -line.value)[:_MOST_LINES]
    return sorted(heaviest, key=lambda line: (line.line, line.stage, line.instruction))


def _pairs(before: Sequence[Line], after: Sequence[Line]) -> list[tuple[Line, Line]]:
    """The lines of both sides, each beside what it was or became: the alignment in which the
    least has moved. Roots are summed, so that one line that moved far is likelier than several
    that moved a little; what came or went stands beside nothing."""
    nothing = Line("", 0, "", 0.0)
    rows, columns = len(before) + 1, len(after) + 1
    cost = [[0.0] * columns for _ in range(rows)]
    for i in range(rows):
        for j in range(columns):
            if i or j:
                cost[i][j] = min(value for value, _, _ in _moves(before, after, cost, i, j))
    found = []
    i, j = rows - 1, columns - 1
    while i or j:
        _, old, new = min(_moves(before, after, cost, i, j), key=lambda move: move[0])
        found.append((before[i - 1] if old else nothing, after[j - 1] if new else nothing))
        i, j = i - old, j - new
    return found[::-1]


def _moves(
    before: Sequence[Line], after: Sequence[Line], cost: list[list[float]], i: int, j: int
) -> Iterable[tuple[float, int, int]]:
    """The ways to align the first i and j lines: their cost, and how many lines of each side
    the last step takes."""
    if i and j:
        old, new = before[i - 1], after[j - 1]
        if old.stage == new.stage and _keyword(old) == _keyword(new):
            other = old.instruction != new.instruction
            penalty = _OTHER_TEXT * math.sqrt(max(old.value, new.value)) if other else 0.0
            yield cost[i - 1][j - 1] + math.sqrt(abs(new.value - old.value)) + penalty, 1, 1
    if i:
        yield cost[i - 1][j] + math.sqrt(max(before[i - 1].value, 0.0)), 1, 0
    if j:
        yield cost[i][j - 1] + math.sqrt(max(after[j - 1].value, 0.0)), 0, 1


def _keyword(line: Line) -> str:
    return line.instruction.partition(" ")[0]

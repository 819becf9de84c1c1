"""Which commits have to be built to locate the steps of a series. Pure."""

from __future__ import annotations

import heapq
import math
import statistics
from collections.abc import Callable, Mapping, Sequence

import msgspec

from imgopt.bench.stats import MIN_EFFECT

# Sizes are exact, but every commit changes a few bytes of them.
MIN_SIZE_STEP = 0.005
_SIGMAS = 3
_MAD_SCALE = 1.4826


class Outcome(msgspec.Struct, frozen=True):
    """What is known of one service in one commit: the samples of each scenario in seconds, and
    the size of its image. A commit whose build failed has neither."""

    times: Mapping[str, Sequence[float]] = {}
    size_bytes: int = 0
    is_failed: bool = False


def difference(a: Outcome | None, b: Outcome | None) -> float:
    """How far two commits differ, on logarithms; 0 where it is no more than noise, infinite
    where only one of them has an image."""
    if a is None or b is None or a.is_failed or b.is_failed:
        states = [None if one is None else one.is_failed for one in (a, b)]
        return 0.0 if states[0] == states[1] else math.inf
    found = [_time_step(a.times[name], b.times[name]) for name in a.times if name in b.times]
    if a.size_bytes > 0 and b.size_bytes > 0:
        size = abs(math.log(b.size_bytes / a.size_bytes))
        found.append(size if size > MIN_SIZE_STEP else 0.0)
    return max(found, default=0.0)


def _time_step(a: Sequence[float], b: Sequence[float]) -> float:
    if not a or not b or min(*a, *b) <= 0:
        return 0.0
    x, y = [math.log(v) for v in a], [math.log(v) for v in b]
    step = abs(statistics.median(y) - statistics.median(x))
    error = math.hypot(_spread(x), _spread(y))
    return step if step > max(_SIGMAS * error, MIN_EFFECT) else 0.0


def _spread(logs: Sequence[float]) -> float:
    """The error of a median; a few samples that agree are not trusted to have less than usual."""
    middle = statistics.median(logs)
    mad = statistics.median(abs(v - middle) for v in logs)
    return max(_MAD_SCALE * mad, MIN_EFFECT) / math.sqrt(len(logs))


def locate(count: int, outcome: Callable[[int], Outcome | None]) -> list[int]:
    """The commits at which something steps, of `count` in a row; each differs from the one before.

    Asks for the outcomes of both ends, then halves intervals whose ends differ, that with the
    greatest difference first, so that a run that is ended early has found the most. Steps that
    undo each other between two commits that are equal are not seen. Whatever `outcome` raises
    ends it.
    """
    if not count:
        return []
    known: dict[int, Outcome | None] = {}
    found: list[int] = []
    queue: list[tuple[float, int, int]] = []

    def of(index: int) -> Outcome | None:
        if index not in known:
            known[index] = outcome(index)
        return known[index]

    def look(low: int, high: int) -> None:
        if step := difference(of(low), of(high)):
            heapq.heappush(queue, (-step, low, high))

    look(0, count - 1)
    while queue:
        _, low, high = heapq.heappop(queue)
        if high - low == 1:
            found.append(high)
            continue
        middle = (low + high) // 2
        look(low, middle)
        look(middle, high)
    return sorted(found)

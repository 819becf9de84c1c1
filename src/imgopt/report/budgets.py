"""Budgets: the limits of a service held against what was measured. Pure."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from imgopt.report.model import Unit

_UNITS = {"size": Unit.BYTES, "waste": Unit.BYTES, "context": Unit.BYTES, "findings": Unit.COUNT}


class Cost(msgspec.Struct, frozen=True):
    """A Dockerfile line and what it takes of a value; `line` 0 is what belongs to no line."""

    line: int
    text: str
    value: float


class Spent(msgspec.Struct, frozen=True):
    """A value that a budget limits: None where it is not known, and `note` says why, or what else
    there is to say. `most` is the line that costs most of it."""

    value: float | None
    most: Cost | None = None
    note: str = ""


class Verdict(msgspec.Struct, frozen=True):
    """A budget's limit and what was spent, both in `unit`; `over` is by how much it is broken."""

    name: str
    unit: Unit
    limit: float
    value: float | None
    over: float
    most: Cost | None = None
    note: str = ""

    @property
    def is_broken(self) -> bool:
        return self.over > 0


def unit_of(name: str) -> Unit:
    """What the budget of that name counts; all others are scenarios, whose time counts."""
    return _UNITS.get(name, Unit.SECONDS)


def judge(limits: Mapping[str, float], spent: Mapping[str, Spent]) -> tuple[Verdict, ...]:
    """A verdict for each limit, in their order; what is exactly at its limit is within it."""
    unknown = Spent(None, note="not measured")
    return tuple(_judged(name, limit, spent.get(name, unknown)) for name, limit in limits.items())


def _judged(name: str, limit: float, spent: Spent) -> Verdict:
    over = max(spent.value - limit, 0.0) if spent.value is not None else 0.0
    return Verdict(name, unit_of(name), limit, spent.value, over, spent.most, spent.note)

"""The two sides of a comparison, as records name them: `A LABEL` and `B`."""

from __future__ import annotations

from enum import StrEnum


class Side(StrEnum):
    """A is what is compared with, B what is here now."""

    A = "A"
    B = "B"


def variant(side: Side, label: str = "") -> str:
    """What a record of a side holds; the label says what A is."""
    return f"{side} {label}" if label else str(side)


def side_of(text: str) -> Side | None:
    """The side that a record's `variant` names; None outside a comparison."""
    name = text.partition(" ")[0]
    return Side(name) if name in list(Side) else None

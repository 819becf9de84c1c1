"""The colours of the charts by what they mean, for light and for dark, and which a scenario has.

Light and dark colours of lines have a contrast of 4.5 to 1 or more with their ground, since names
are written in them, and stay apart for eyes that miss a kind of cone (tests compute both).
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec


class Shade(msgspec.Struct, frozen=True):
    """A colour on a light and on a dark ground. No two light ones are equal: pages tell the
    meaning of a colour in a drawing by them."""

    light: str
    dark: str


SHADES = {
    "ground": Shade("#ffffff", "#16181b"),
    "ink": Shade("#1c2024", "#e6e4df"),
    "muted": Shade("#5b6168", "#a3a8ae"),
    "grid": Shade("#e4e6e8", "#2c3035"),
    "axis": Shade("#9aa0a6", "#62686f"),
    "week": Shade("#f4f2ec", "#1f2225"),
    "budget": Shade("#7a1f3d", "#ff9db5"),
    "worse": Shade("#b3261e", "#ff8a80"),
    "better": Shade("#1b6e3c", "#6fd08c"),
    "failed": Shade("#8c1d18", "#ffb4a9"),
    "line-1": Shade("#003999", "#628eff"),
    "line-2": Shade("#ac5700", "#f07344"),
    "line-3": Shade("#226b6c", "#63fcbb"),
    "line-4": Shade("#8a50be", "#c6a6c3"),
    "line-5": Shade("#634319", "#ffda3a"),
    "line-6": Shade("#454b54", "#c9ccd1"),
    "part-1": Shade("#d3dfe9", "#2a3f53"),
    "part-2": Shade("#b3c7d9", "#3a566f"),
    "part-3": Shade("#91adc7", "#4d6f8e"),
    "part-4": Shade("#6e90b1", "#668bad"),
    "part-5": Shade("#4d7094", "#86a9c8"),
    "part-6": Shade("#315272", "#abc7df"),
    "part-7": Shade("#e3dfd3", "#47453f"),
}  # fmt: skip
LINES = tuple(name for name in SHADES if name.startswith("line-"))
PARTS = tuple(name for name in SHADES if name.startswith("part-"))
# Of scenarios that all projects have; what is not named here comes after them, by name.
_ORDER = ("cold", "code-change", "deps-change", "ci", "warm", "local")


class Look(msgspec.Struct, frozen=True):
    """How a line is drawn: the name of its shade, and how it is dashed where shades repeat."""

    shade: str
    dash: str = "-"


def looks(scenarios: Iterable[str]) -> dict[str, Look]:
    """The look of each scenario of a report, in the order in which they are drawn and listed."""
    found = set(scenarios)
    ordered = [name for name in _ORDER if name in found]
    ordered += sorted(found.difference(_ORDER))
    dashes = ("-", "--", ":", "-.")
    return {
        name: Look(LINES[n % len(LINES)], dashes[n // len(LINES) % len(dashes)])
        for n, name in enumerate(ordered)
    }

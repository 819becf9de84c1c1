"""That colours can be told apart, and read."""

from __future__ import annotations

from itertools import combinations, pairwise

import pytest

from imgopt.report.palette import LINES, PARTS, SHADES

Colour = tuple[float, float, float]

# Machado, Oliveira and Fernandes 2009, severity 1: what eyes without one kind of cone see.
_BLIND = {
    "protan": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216),
               (-0.003882, -0.048116, 1.051998)),
    "deutan": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413),
               (-0.011820, 0.042940, 0.968881)),
    "tritan": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602),
               (0.004733, 0.691367, 0.303900)),
}  # fmt: skip
_SEEN = {"all": ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)), **_BLIND}


def linear(text: str) -> Colour:
    found = [int(text[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    r, g, b = (v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in found)
    return r, g, b


def luminance(text: str) -> float:
    r, g, b = linear(text)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def oklab(colour: Colour) -> Colour:
    """Ottosson 2020; 0.02 is a difference that is just seen."""
    r, g, b = colour
    cones = (
        0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b,
        0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b,
        0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b,
    )
    x, y, z = (max(v, 0.0) ** (1 / 3) for v in cones)
    return (
        0.2104542553 * x + 0.7936177850 * y - 0.0040720468 * z,
        1.9779984951 * x - 2.4285922050 * y + 0.4505937099 * z,
        0.0259040371 * x + 0.7827717662 * y - 0.8086757660 * z,
    )


def apart(one: str, other: str, eyes: str) -> float:
    seen = []
    for text in (one, other):
        colour = linear(text)
        mixed = [sum(a * b for a, b in zip(row, colour, strict=True)) for row in _SEEN[eyes]]
        seen.append(oklab((mixed[0], mixed[1], mixed[2])))
    return float(sum((a - b) ** 2 for a, b in zip(*seen, strict=True)) ** 0.5)


@pytest.mark.parametrize("ground", ["light", "dark"])
def test_what_is_written_in_a_colour_can_be_read(ground: str) -> None:
    names = {name: getattr(shade, ground) for name, shade in SHADES.items()}
    written = ("ink", "muted", "budget", "worse", "better", "failed", *LINES)
    for name in written:
        assert contrast(names[name], names["ground"]) >= 4.5, name
        assert contrast(names[name], names["week"]) >= 4.5, name


@pytest.mark.parametrize("ground", ["light", "dark"])
@pytest.mark.parametrize("eyes", list(_SEEN))
def test_lines_of_the_usual_scenarios_are_told_apart_by_all_eyes(ground: str, eyes: str) -> None:
    colours = [getattr(SHADES[name], ground) for name in LINES[:5]]
    for one, other in combinations(colours, 2):
        assert apart(one, other, eyes) > 0.1, (one, other)


@pytest.mark.parametrize("ground", ["light", "dark"])
def test_parts_that_lie_upon_each_other_are_told_apart(ground: str) -> None:
    colours = [getattr(SHADES[name], ground) for name in PARTS]
    for eyes in _SEEN:
        for one, other in pairwise(colours):
            assert apart(one, other, eyes) > 0.04, (one, other)


def test_a_drawn_colour_has_one_meaning() -> None:
    assert len({shade.light for shade in SHADES.values()}) == len(SHADES)

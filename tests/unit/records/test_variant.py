from __future__ import annotations

import pytest

from imgopt.records.variant import Side, side_of, variant


@pytest.mark.parametrize(
    ("text", "side"),
    [
        ("", None),
        ("A origin/main", Side.A),
        ("A ", Side.A),
        ("A", Side.A),
        ("B", Side.B),
        ("Another", None),
    ],
)
def test_side_of(text: str, side: Side | None) -> None:
    assert side_of(text) is side


def test_what_is_written_is_read() -> None:
    assert variant(Side.A, "origin/main") == "A origin/main"
    assert variant(Side.B) == "B"
    for side in Side:
        assert side_of(variant(side, "a label of words")) is side

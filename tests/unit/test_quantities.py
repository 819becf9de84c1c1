"""Sizes, durations, shares and counts as people write them."""

from __future__ import annotations

import math

import pytest

from imgopt import quantities


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("250 MB", 250_000_000), ("250MB", 250_000_000), ("1.5 GB", 1_500_000_000),
        ("300 KiB", 307_200), ("12 kb", 12_000), ("7", 7), ("7 B", 7), ("2M", 2_000_000),
        (1000, 1000), (0, 0), (2.6, 3),
    ],
)  # fmt: skip
def test_sizes(written: str | float, found: int) -> None:
    assert quantities.size_bytes(written) == found


@pytest.mark.parametrize(
    "written", ["", "MB", "-1 MB", "1 XB", "1 MB 2", "1e9", "9" * 20, "9999999 TB", -1, math.nan,
                math.inf, True, "1 MB\x00"],
)  # fmt: skip
def test_what_is_no_size(written: str | float) -> None:
    with pytest.raises(ValueError, match=r"is not a size; write 250 MB|more than any image has"):
        quantities.size_bytes(written)


@pytest.mark.parametrize(
    ("written", "found"),
    [("90 s", 90), ("90", 90), ("1.5m", 90), ("2 min", 120), ("250ms", 0.25), ("1h", 3600),
     (3, 3), (0.5, 0.5)],
)  # fmt: skip
def test_durations(written: str | float, found: float) -> None:
    assert quantities.duration_s(written) == pytest.approx(found)


@pytest.mark.parametrize("written", ["soon", "-1s", "1 d", "1e400", -0.1, math.nan, "99999999h"])
def test_what_is_no_duration(written: str | float) -> None:
    with pytest.raises(ValueError, match=r"is not a duration|longer than a year"):
        quantities.duration_s(written)


def test_shares_and_counts() -> None:
    assert quantities.share("10%") == pytest.approx(0.1)
    assert quantities.share(0.25) == 0.25
    assert quantities.count("12") == quantities.count(12) == 12
    for wrong in ("much", "nan", "-1%", "100000%"):
        with pytest.raises(ValueError, match=r"is not a percentage|must be between"):
            quantities.share(wrong)
    for wrong in ("1.5", -1, True, "x", "12 MB", 1.5, "²"):
        with pytest.raises(ValueError, match="is not a whole number"):
            quantities.count(wrong)


def test_bandwidths_are_bytes_a_second() -> None:
    written = ["100Mbit", "1Gbit/s", "12 MB", "8bps"]
    assert [quantities.bandwidth(text) for text in written] == [12.5e6, 125e6, 12e6, 1]
    for text in ("", "0Mbit", "100", "fast", "1 TB"):
        with pytest.raises(ValueError, match="is not a bandwidth; write 100Mbit or 12MB"):
            quantities.bandwidth(text)

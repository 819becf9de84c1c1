"""An image's tables: no number is ever cut, however narrow the terminal is."""

from __future__ import annotations

import msgspec
import pytest

from imgopt.formats import image_text
from imgopt.formats.registry import Options
from imgopt.records.image import ImageLayer, ImageRecord, Waste

RECORD = ImageRecord(
    "app:1\n::error::x", "sha256:0", 1_234_567_890, 345_600_000,
    (
        ImageLayer(1, "sha256:1", 1_000_000_000, 43_210, 345_600_000, "FROM debian:12", 0),
        ImageLayer(2, "sha256:2", 234_567_890, 12, 0, "RUN " + "apt-get install " * 20, 117),
    ),
    (Waste("var/cache/" + "x" * 90, 345_600_000, 1234, 1, 2, "overwritten"),
     Waste("a\x1b[31m", 5, 1, 1, 2, "deleted")),
)  # fmt: skip
NUMBERS = ("1000.0 MB", "345.6 MB", "234.6 MB", "117", "1234.6 MB", "72.0%", "#2 (overwritten)")


@pytest.mark.parametrize("width", [20, 40, 60, 80, 200])
def test_numbers_are_whole(width: int) -> None:
    text = image_text.render(RECORD, Options(width))
    for number in NUMBERS:
        assert number in text
    assert "\x1b" not in text
    assert not any(line.lstrip().startswith("::") for line in text.splitlines())
    if width >= 60:
        tables = [line for line in text.splitlines() if not line.startswith("app:1")]
        assert max(map(len, tables)) <= width


def test_columns_that_matter_less_go_first() -> None:
    assert "files" in image_text.render(RECORD, Options(80)).splitlines()[0]
    assert "files" not in image_text.render(RECORD, Options(45)).splitlines()[0]


def test_the_rest_of_the_waste_is_counted() -> None:
    assert "and 1 more, 0.0 kB" in image_text.render(RECORD, Options(top=1))
    assert "var/cache" not in image_text.render(RECORD, Options(top=0))


def test_another_size_that_the_engine_reports_is_shown_with_its_name() -> None:
    def shown(engine: int, content: int) -> str:
        record = msgspec.structs.replace(RECORD, engine_bytes=engine, engine_content_bytes=content)
        return image_text.render(record, Options())

    assert "the engine reports" not in shown(0, 0)
    assert "the engine reports" not in shown(1_234_567_890, 0)
    assert "the engine reports 1300.0 MB\n" in shown(1_300_000_000, 0)
    assert (
        "the engine reports 1700.0 MB: 1300.0 MB on disk, unpacked, and 400.0 MB of compressed "
        "layers\n" in shown(1_700_000_000, 400_000_000)
    )

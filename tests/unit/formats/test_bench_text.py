"""Bench results on terminals of every width: no number is cut."""

from __future__ import annotations

import re

import msgspec
import pytest
from records import record

from imgopt.bench.annotate import annotate
from imgopt.bench.compare import compare_records
from imgopt.bench.result import BenchResult
from imgopt.formats import bench_text
from imgopt.formats.registry import Options
from imgopt.records.build import BuildRecord, Step

WIDTHS = [40, 48, 56, 60, 72, 80, 100, 120, 200]
NUMBERS = re.compile(r"\d+(?:\.\d+)?(?: (?:s|kB|MB))?")


def samples(
    times: tuple[float, ...] = (100.0, 101.0, 180.0), service: str = "web", variant: str = ""
) -> list[BuildRecord]:
    steps = (
        Step("a", "[2/2] RUN " + "make everything " * 9, "", 2, 2, "RUN", 0.0, 93.25, False, ()),
        Step("b", "[3/3] RUN short", "", 3, 3, "RUN", 0.0, 0.01, False, ()),
    )
    made = record(
        service=service, scenario="ci-code-change", variant=variant, target="prod", steps=steps
    )
    return [
        msgspec.structs.replace(made, sample=n, duration_s=s, started_at=record(n).started_at)
        for n, s in enumerate(times)
    ]


def text(width: int, records: list[BuildRecord]) -> str:
    return bench_text.render(BenchResult(records), Options(width=width))


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("service", ["web", "a-service-with-quite-a-long-name"])
def test_columns_go_and_numbers_stay_whole(width: int, service: str) -> None:
    found = text(width, samples(service=service))
    assert all(len(line) <= width for line in found.splitlines())
    assert "101.00 s" in found
    assert "93.25 s" in found
    shown = set(NUMBERS.findall(found))
    assert shown <= set(NUMBERS.findall(text(400, samples(service=service))))


def test_narrow_tables_lose_columns_and_wide_ones_explain_them() -> None:
    narrow, wide = text(60, samples()), text(120, samples())
    assert wide.split("\n")[0].split()[:6] == [
        "service", "scenario", "median", "MAD", "min", "max",
    ]  # fmt: skip
    assert "100.00 – 180.00" in wide
    for head in ("MAD", "95 %", "context"):
        assert wide.count(f"{head}:") == 1
        assert (f"{head}:" in narrow) == (head in narrow.split("\n")[0])
    assert "isolation: shared" in wide
    assert "web: Dockerfile, target prod" in wide
    assert "warning: web ci-code-change: 1 of 3 runs are far slower than the others" in wide
    assert "1 step under 0.1 s is not shown" in wide
    assert "–" in text(120, samples((100.0,))).splitlines()[1]


def test_wrapped_lines_are_indented() -> None:
    lines = text(40, samples()).splitlines()
    start = next(n for n, line in enumerate(lines) if line.startswith("warning:"))
    assert lines[start + 1].startswith("  ")


@pytest.mark.parametrize("width", WIDTHS)
def test_a_comparison_fits_too(width: int) -> None:
    records = [
        *samples((100.0, 101.0, 102.0), variant="A main"),
        *samples((50.0, 51.0, 52.0), variant="B"),
    ]
    found = bench_text.render(
        BenchResult(records, compare_records(records, "main")), Options(width=width)
    )
    assert all(len(line) <= width for line in found.splitlines())
    assert "faster" in found
    assert "0.50" in found
    assert "A is main" in found
    assert "RUN make" not in found  # as long in both


@pytest.mark.parametrize("width", WIDTHS)
def test_an_annotated_file_comes_in_blocks_where_there_is_no_room(width: int) -> None:
    records = [
        msgspec.structs.replace(r, scenario=name)
        for name in ("cold", "warm", "code-change", "deps-change", "ci-code-change")
        for r in samples()
    ]
    annotation = annotate(records, "web", "FROM a\nRUN " + "x" * 300 + "\nRUN short\n")
    found = bench_text.render(BenchResult(records, (), [annotation]), Options(width=width))
    assert all(len(line) <= width for line in found.splitlines())
    rows = [line for line in found.splitlines() if "2  RUN x" in line]
    assert sum(row.count("93.25 s ") for row in rows) == 5
    assert (len(rows) == 1) == (width >= 100)

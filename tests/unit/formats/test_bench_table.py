"""The bench table on terminals of every width: no number is cut."""

from __future__ import annotations

import io

import msgspec
import pytest
from records import record
from rich.console import Console

from imgopt.bench.tables import line_rows, scenario_rows
from imgopt.formats import bench_table


def text(width: int, count: int = 3) -> str:
    records = [
        msgspec.structs.replace(record(n), service="web", scenario="ci-code-change", duration_s=s)
        for n, s in enumerate((100.0, 101.0, 180.0)[:count])
    ]
    out = io.StringIO()
    console = Console(file=out, width=width, no_color=True)
    bench_table.write(scenario_rows(records), line_rows(records), console)
    return out.getvalue()


@pytest.mark.parametrize("width", [56, 60, 72, 80, 100, 200])
def test_columns_go_and_numbers_stay_whole(width: int) -> None:
    found = text(width)
    head, row = found.splitlines()[:2]
    assert head.split()[:3] == ["service", "scenario", "median"]
    assert row.startswith("web      ci-code-change  101.00 s")
    assert "…" not in row
    assert all(len(line) <= width for line in found.splitlines())
    assert ("95 %" in head) == (width >= 100)


def test_isolation_interval_and_warnings_are_there() -> None:
    found = text(120)
    assert "100.00 – 180.00" in found
    assert "isolation: shared" in found
    assert "warning: web ci-code-change: 1 of 3 runs are far slower than the others" in found
    assert "–" in text(120, count=1).splitlines()[1]

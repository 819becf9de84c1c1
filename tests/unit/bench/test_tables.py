"""Records gathered into rows."""

from __future__ import annotations

import msgspec
from records import record

from imgopt.bench.tables import line_rows, scenario_rows
from imgopt.records.build import Step


def test_rows_gather_samples() -> None:
    records = [record(0), record(1, commit="0" * 40), record(2, commit="0" * 40, target="prod")]
    (row,) = scenario_rows(records)
    summary = row.duration
    assert (row.service, row.scenario, row.built) == ("api", "cold", "Dockerfile, target prod")
    assert (summary.n, summary.median, summary.mad, summary.min, summary.max) == (3, 9, 1, 8, 10)
    assert [(r.line, r.text, r.median_s) for r in line_rows(records).shown] == [(2, "RUN x", 9.0)]


def test_short_steps_are_counted() -> None:
    steps = tuple(
        Step(name, f"[1/3] RUN {name}", "", line, line, "RUN", 0.0, spent, False)
        for line, name, spent in ((2, "long", 3.0), (3, "short", 0.05), (4, "edge", 0.1))
    )
    found = line_rows([msgspec.structs.replace(record(), steps=steps)])
    assert [r.text for r in found.shown] == ["RUN long", "RUN edge"]
    assert found.left_out == 1

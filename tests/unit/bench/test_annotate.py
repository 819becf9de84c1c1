from __future__ import annotations

import msgspec
from records import record

from imgopt.bench.annotate import annotate
from imgopt.bench.result import BenchResult
from imgopt.formats import bench_text
from imgopt.formats.registry import Options
from imgopt.records.build import Step


def step(line: int, name: str, seconds: float, cached: bool = False, critical: bool = True) -> Step:
    return Step(name, name, "", line, line, "RUN", 0.0, seconds, cached, (), critical)


def test_lines_get_their_prices_and_the_rest_is_named() -> None:
    cold = msgspec.structs.replace(
        record(), service="web", scenario="cold", duration_s=10.0, critical_path_s=9.0,
        steps=(step(2, "[2/3] RUN x", 7.0), step(0, "exporting to image", 1.0),
               step(0, "[internal] load build context", 0.5, critical=False),
               step(0, "[internal] load metadata for a", 0.25)),
    )  # fmt: skip
    warm = msgspec.structs.replace(
        cold, scenario="warm", steps=(step(2, "[2/3] RUN x", 0.0, True),)
    )
    found = annotate([cold, warm, record(service="other")], "web", "FROM a\nRUN x\n")
    assert found.scenarios == ("cold", "warm")
    line = found.lines[1]
    assert (line.size_bytes, line.prices["cold"].seconds) == (5_000_000, 7.0)
    assert line.prices["cold"].critical and not line.prices["cold"].cached
    assert line.prices["warm"].cached
    assert [o.text for o in found.others] == [
        "base image metadata", "build context transfer", "export", "between the steps",
    ]  # fmt: skip
    assert found.others[-1].prices["cold"].seconds == 1.0
    text = bench_text.render(BenchResult([cold, warm], (), [found]), Options(width=80))
    (row,) = [line for line in text.splitlines() if line.endswith("2  RUN x")]
    assert "7.00 s*" in row and "cached" in row

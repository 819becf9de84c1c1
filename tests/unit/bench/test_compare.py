from __future__ import annotations

import csv
import io
import json

import msgspec
from records import record

from imgopt.bench.compare import compare_records, regressions, settled
from imgopt.bench.result import BenchResult
from imgopt.formats import bench_csv, bench_json, bench_markdown
from imgopt.formats.registry import Options
from imgopt.records.build import BuildRecord, Step


def sample(
    variant: str, number: int, seconds: float, *steps: tuple[int, str, float]
) -> BuildRecord:
    made = tuple(
        Step(f"sha256:{line}", f"[1/2] {text}", "", line, line, "RUN", 0.0, spent, False)
        for line, text, spent in steps
    )
    base = record()
    return msgspec.structs.replace(
        base, service="web|x", scenario="warm", variant=variant, sample=number,
        duration_s=seconds, steps=made,
    )  # fmt: skip


PAIRS = [
    r
    for n, drift in enumerate((0.0, 0.02, -0.02), 1)
    for r in (
        sample("A main", n, 10 + drift, (3, "RUN old", 4.0), (4, "RUN both", 2.0 + drift)),
        sample("B", n, 5 + drift, (3, "RUN both", 1.0 + drift), (5, "RUN tiny", 0.001)),
    )
]


def test_scenarios_and_lines_get_verdicts() -> None:
    (found,) = compare_records(PAIRS, "main")
    assert found.duration.verdict == "faster"
    assert 0.49 < found.duration.ratio < 0.51
    lines = {line.text: (line.line, line.only) for line in found.lines}
    assert lines == {"RUN both": (3, None), "RUN old": (3, "A")}
    both = next(line for line in found.lines if line.text == "RUN both")
    assert both.comparison is not None
    assert both.comparison.verdict == "faster"
    assert settled(PAIRS)
    assert regressions([found], 0.1) == []
    turned = [msgspec.structs.replace(r, variant="B" if r.variant != "B" else "A x") for r in PAIRS]
    assert regressions(compare_records(turned, "x"), 0.1)


def test_no_line_has_a_verdict_where_its_scenario_has_none() -> None:
    """However clear the line's own numbers are."""
    noisy = [
        msgspec.structs.replace(r, duration_s=s)
        for r, s in zip(PAIRS, (10, 5, 20, 30, 10, 20), strict=True)
    ]
    (found,) = compare_records(noisy, "main")
    assert found.duration.verdict == "needs more runs"
    both = next(line for line in found.lines if line.text == "RUN both")
    assert both.comparison is not None
    assert both.comparison.verdict == "needs more runs"
    assert found.short_steps == 1


def test_any_effect_gets_a_verdict_where_that_is_asked() -> None:
    """A smallest effect of 0 is 0, not the default."""
    close = [
        msgspec.structs.replace(
            r, duration_s=10.2 + n / 1000 if r.variant == "B" else 10 + n / 1000
        )
        for n, r in enumerate(PAIRS)
    ]
    assert compare_records(close, "x", 0.0)[0].duration.verdict == "slower"
    assert compare_records(close, "x")[0].duration.verdict == "no difference seen"


def test_one_side_alone_is_no_comparison() -> None:
    assert compare_records([r for r in PAIRS if r.variant == "B"], "main") == []
    assert not settled(PAIRS[:4])


def test_formats_say_the_verdict_first_and_keep_text_of_others_text() -> None:
    found = compare_records(PAIRS, "`main`|")
    result = BenchResult(PAIRS, found)
    text = bench_markdown.render(result, Options())
    assert text.splitlines()[2].startswith("- **`web¦x` warm: faster, 0.50 times the time")
    assert "`´main´¦`" in text
    data = json.loads(bench_json.render(result, Options()))
    assert data["comparisons"][0]["duration"]["verdict"] == "faster"
    assert len(data["runs"]) == 6
    rows = list(csv.DictReader(io.StringIO(bench_csv.render(result, Options()))))
    assert [r["variant"] for r in rows] == ["A main", "B"] * 3
    evil = msgspec.structs.replace(PAIRS[0], service="=HYPERLINK(1)")
    assert "'=HYPERLINK" in bench_csv.render(BenchResult([evil]), Options())

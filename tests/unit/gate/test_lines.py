"""Which line is behind a number."""

from __future__ import annotations

import msgspec
from records import record

from imgopt.bench.compare import compare_records
from imgopt.gate.lines import (
    biggest_line,
    grown_line,
    line_texts,
    size_change,
    slower_line,
    slowest_line,
)
from imgopt.records.build import BuildRecord, BuiltImage, Layer, Step
from imgopt.records.inputs import StepInputs

BASE = "sha256:base"


def built(
    *lines: tuple[int, str, str, int], scenario: str = "warm", **changes: object
) -> BuildRecord:
    """A record whose image has a base of 2 MB at line 1 and a layer for each (line, text, digest,
    bytes)."""
    layers = (
        Layer(BASE, 2_000_000, 0, ""),
        *(Layer(digest, size, line, text.split()[0]) for line, text, digest, size in lines),
    )
    inputs = (
        StepInputs(1, 1, "0", "FROM", "busybox:1.37", "o", "k"),
        *(StepInputs(n, n, "0", text.split()[0], text, "o", f"k{n}") for n, text, _, _ in lines),
    )
    image = BuiltImage("sha256:i", sum(x.size_bytes for x in layers), layers)
    made = record(0, scenario=scenario, image=image, inputs=inputs, cache_hits=1)
    return msgspec.structs.replace(made, **changes)


OLD = built((2, "RUN install", "sha256:a", 1000), (3, "COPY . .", "sha256:b", 50_000))


def test_the_base_counts_for_its_from() -> None:
    most = biggest_line(OLD)
    assert most is not None
    assert (most.line, most.text, most.value) == (1, "FROM busybox:1.37", 2_000_000)
    without = msgspec.structs.replace(OLD, inputs=())
    most = biggest_line(without)
    assert most is not None
    assert (most.line, most.text) == (0, "the base image")


def test_sizes_are_held_against_each_other_line_by_line() -> None:
    new = built(
        (2, "COPY data /data", "sha256:d", 5_000_000),
        (4, "RUN install", "sha256:a", 1000),
        (5, "COPY . .", "sha256:c", 60_000),
    )
    change = size_change({"warm": OLD}, {"warm": new})
    assert change is not None
    assert [(x.line, x.a_bytes, x.b_bytes, x.delta) for x in change.lines] == [
        (1, 2_000_000, 2_000_000, 0),
        (2, None, 5_000_000, 5_000_000),
        (4, 1000, 1000, 0),
        (5, 50_000, 60_000, 10_000),
    ]
    assert (change.pull_bytes, change.pull_layers) == (5_060_000, 2)
    grown = grown_line(change)
    assert grown is not None
    assert (grown.line, grown.value) == (2, 5_000_000)


def test_a_changed_line_is_held_against_the_one_in_its_place() -> None:
    new = built((2, "RUN install --all", "sha256:x", 900_000), (3, "USER 1", "sha256:u", 0))
    change = size_change({"warm": OLD}, {"warm": new})
    assert change is not None
    assert [(x.text, x.a_bytes, x.b_bytes) for x in change.lines] == [
        ("FROM busybox:1.37", 2_000_000, 2_000_000),
        ("RUN install --all", 1000, 900_000),
        ("USER 1", None, 0),
        ("COPY . .", 50_000, None),
    ]


def test_layers_that_a_build_without_cache_made_anew_are_not_pulled() -> None:
    cold_a = built((2, "RUN install", "sha256:1", 9_000), scenario="cold", cache_hits=0)
    cold_b = built((2, "RUN install", "sha256:2", 9_000), scenario="cold", cache_hits=0)
    only_cold = size_change({"cold": cold_a}, {"cold": cold_b})
    assert only_cold is not None
    assert only_cold.pull_bytes is None
    both = size_change({"cold": cold_a, "warm": OLD}, {"cold": cold_b, "warm": OLD})
    assert both is not None
    assert (both.pull_bytes, both.pull_layers) == (0, 0)
    assert size_change({"cold": cold_a}, {"warm": OLD}) is None


def test_the_sizes_are_those_of_unedited_files() -> None:
    edited = built((2, "RUN install", "sha256:e", 1001), scenario="code-change", edited="a.py")
    change = size_change({"warm": OLD, "code-change": edited}, {"warm": OLD, "code-change": edited})
    assert change is not None
    assert change.b_bytes == OLD.image.size_bytes


def test_the_slowest_line_is_the_median_of_its_steps() -> None:
    def timed(*seconds: float) -> BuildRecord:
        steps = tuple(
            Step("d", f"[{n}/9] RUN {n}", "0", n, n, "RUN", 0.0, s, False)
            for n, s in enumerate(seconds, 2)
        )
        return record(0, steps=steps)

    most = slowest_line([timed(1, 2), timed(9, 2), timed(1, 2)])
    assert most is not None
    assert (most.line, most.text, most.value) == (3, "RUN 3", 2)
    assert slowest_line([record(0, steps=())]) is None
    assert line_texts(timed(1)) == {2: "RUN 2"}


def test_the_line_of_a_comparison_that_got_slower() -> None:
    def sample(side: str, seconds: float, text: str) -> BuildRecord:
        step = Step("d", f"[2/2] RUN {text}", "0", 4, 4, "RUN", 0.0, seconds, False)
        return record(0, variant=side, duration_s=seconds + 1, steps=(step,))

    pairs = [sample("A main", 1.0, "old") for _ in range(3)] + [sample("B", 3.0, "new")] * 3
    (comparison,) = compare_records(pairs, "main")
    worst = slower_line(comparison.lines)
    assert worst is not None
    assert (worst.line, worst.text, worst.value) == (4, "RUN new", 3.0)

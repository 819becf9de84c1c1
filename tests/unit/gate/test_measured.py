"""The records that a check judges by."""

from __future__ import annotations

from datetime import timedelta

import pytest
from records import record

from imgopt.gate.measured import is_measured, last_runs, newest, spent
from imgopt.records.build import Failure
from imgopt.records.image import ImageLayer, ImageRecord


@pytest.mark.parametrize(
    ("changes", "is_one"),
    [
        ({}, True),
        ({"variant": "B"}, True),
        ({"variant": "A main"}, False),
        ({"failure": Failure("RUN x", "s", 2, "exit 1")}, False),
        ({"scenario": "ci", "ref": "builder/builder0/abc"}, False),
        ({"scenario": "nightly", "isolation": "recorded"}, False),
        ({"scenario": "ci", "isolation": "disposable"}, True),  # bench's own
    ],
)
def test_what_was_not_measured_here_does_not_count(
    changes: dict[str, object], is_one: bool
) -> None:
    assert is_measured(record(0, **changes)) is is_one


def test_the_last_run_of_each_scenario_counts() -> None:
    old = record(0)
    late = old.started_at + timedelta(days=1)
    new = [
        record(0, run="r2", sample=n, started_at=late + timedelta(minutes=n), duration_s=n)
        for n in (1, 2, 3)
    ]
    warm = record(0, scenario="warm", duration_s=0.5)
    later = late + timedelta(days=1)
    failed = record(0, run="r3", started_at=later, failure=Failure("RUN x", "s", 2, "exit 1"))
    runs = last_runs([failed, *reversed(new), old, warm, record(0, service="other")], "api")
    assert [r.duration_s for r in runs["cold"]] == [1, 2, 3]
    assert runs["warm"] == [warm]
    assert newest(runs) == new[-1]
    found = spent(runs)
    assert (found["cold"].value, found["cold"].note) == (2, "median of 3 samples")
    assert found["warm"].note == "one sample"
    assert found["size"].value == 5_000_000
    assert found["waste"].value is None
    assert "--measure" in found["waste"].note
    assert last_runs([], "api") == {}


def test_waste_is_told_where_the_image_was_searched() -> None:
    layers = (
        ImageLayer(0, "sha256:a", 10, 1, 0, "FROM x", 0),
        ImageLayer(1, "sha256:b", 10, 1, 7, "RUN  install\n && rm", 3),
    )
    image = ImageRecord("api", "sha256:i", 20, 7, layers, ())
    found = spent({"warm": [record(0, scenario="warm")]}, image)["waste"]
    assert found.value == 7
    assert found.most is not None
    assert (found.most.line, found.most.text) == (3, "RUN install && rm")

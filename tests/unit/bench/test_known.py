"""What a history holds already, and what is missing in it."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from records import record

from imgopt.bench.known import Known
from imgopt.bench.registry import plan
from imgopt.project.image import Image
from imgopt.records.build import BuildRecord, BuiltImage, Failure

API = Image("api", Path("/p"), Path("/p/Dockerfile"))
COMMIT = record(1).commit
FAILED = Failure("RUN x", "", 3, "exit code: 1")


def missing(*records: BuildRecord, retry: bool = False, image: Image = API) -> dict[str, int]:
    known = Known("m", "shared", retry)
    known.add(records)
    found = known.missing(image, COMMIT, plan(["cold=2", "warm=1"], 1))
    return {one.scenario.name: one.runs for one in found}


def test_only_the_samples_that_are_not_there_are_missing() -> None:
    assert missing() == {"cold": 2, "warm": 1}
    assert missing(record(1)) == {"cold": 1, "warm": 1}
    assert missing(record(1), record(1, scenario="warm")) == {"cold": 1}
    assert missing(record(1), record(1, sample=2), record(1, scenario="warm")) == {}


@pytest.mark.parametrize(
    "other",
    [
        record(2),
        record(1, service="web"),
        record(1, dirty=True),
        record(1, variant="A main"),
        record(1, isolation="disposable"),
        record(1, target="dev"),
        record(1, ref="builder/node/id"),  # a build that was done anyway
        record(1, engine=msgspec.structs.replace(record().engine, machine="other")),
    ],
)
def test_records_of_something_else_do_not_count(other: BuildRecord) -> None:
    assert missing(other) == {"cold": 2, "warm": 1}


def test_a_commit_that_does_not_build_is_not_built_again_unless_asked_to() -> None:
    failed = record(1, failure=FAILED, image=BuiltImage("", 0, ()))
    assert missing(failed) == {}
    assert missing(failed, retry=True) == {"cold": 2, "warm": 1}


def test_what_no_registry_could_be_asked_for_is_tried_again() -> None:
    step, message = "[internal] load metadata for a:1", "dial tcp: network is unreachable"
    failed = record(1, failure=Failure(step, "", 1, message))
    assert missing(failed) == {"cold": 2, "warm": 1}


def test_an_edit_that_breaks_the_build_ends_its_scenario_alone() -> None:
    failed = record(1, scenario="warm", failure=FAILED, edited="app.py")
    assert missing(failed) == {"cold": 2}


def test_what_this_run_saw_fail_counts_in_a_retry_too() -> None:
    known = Known("m", "shared", retry=True)
    known.add([record(1, failure=FAILED)], is_new=True)
    assert known.missing(API, COMMIT, plan(["cold"], 1)) == []


def test_an_outcome_is_of_the_scenarios_that_are_asked_for() -> None:
    known = Known("m", "shared")
    known.add([record(1), record(1, sample=2, duration_s=8.0), record(1, scenario="ci")])
    known.add([record(2, failure=FAILED)])
    found = known.outcome(API, COMMIT, plan(["cold"], 1))
    assert (found.times, found.size_bytes) == ({"cold": (9.0, 8.0)}, 5_000_000)
    assert known.outcome(API, record(2).commit, plan(["cold"], 1)).is_failed

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from math import inf, nan

import pytest
from msgspec.structs import replace
from records import record

from imgopt.records.build import BuiltImage, Layer, Step
from imgopt.records.event import Event, EventKind, EventStatus
from imgopt.records.image import ImageRecord
from imgopt.records.limits import MAX_LAYERS, MAX_STEPS, check_build, check_event, check_image

STEP = record().steps[0]
LAYER = record().image.layers[0]
EVENT = Event(
    kind=EventKind.DEPLOY,
    service="api",
    status=EventStatus.SUCCESS,
    at=datetime(2026, 3, 1, tzinfo=UTC),
)
EAST, WEST = timezone(timedelta(hours=14)), timezone(timedelta(hours=-12))
MOMENTS = [
    datetime(1, 1, 1, tzinfo=EAST),
    datetime(1, 1, 1, tzinfo=UTC),
    datetime(1969, 12, 31, tzinfo=UTC),
    datetime(1970, 1, 1, tzinfo=EAST),
    datetime(2262, 1, 1, tzinfo=UTC),
    datetime(9998, 1, 1, tzinfo=UTC),
    datetime(9999, 12, 31, 23, tzinfo=WEST),
    datetime(2026, 1, 1),
]


def test_what_builds_make_is_fine() -> None:
    check_build(record())
    check_build(record(started_at=datetime(1970, 1, 1, tzinfo=UTC), subject="\x1b[31m\t$\\frac{$"))
    check_build(record(service="api/é b", scenario="size", subject="x" * 1000))
    check_build(record(image=BuiltImage("", 2**63 - 1, ())))
    check_event(EVENT)


@pytest.mark.parametrize("moment", MOMENTS)
def test_times_that_calendars_do_not_reach_are_refused(moment: datetime) -> None:
    for made in (record(started_at=moment), record(committed_at=moment)):
        with pytest.raises(ValueError, match=r"_at (is not between 1970 and 2261|has no offset)"):
            check_build(made)
    with pytest.raises(ValueError, match=r"at (is not between|has no offset)"):
        check_event(replace(EVENT, at=moment))


@pytest.mark.parametrize(
    "changes",
    [
        {"image": BuiltImage("", 2**63, ())},
        {"image": BuiltImage("", -1, ())},
        {"image": BuiltImage("", 1, (replace(LAYER, size_bytes=2**63),))},
        {"image": BuiltImage("", 1, (replace(LAYER, line=-1),))},
        {"image": BuiltImage("", 1, (replace(LAYER, digest="x" * 201),))},
        {"image": BuiltImage("", 1, (Layer("", 1, 0, ""),) * (MAX_LAYERS + 1))},
        {"image": BuiltImage("x" * 201, 1, ())},
        {"context_bytes": 2**63},
        {"findings": 2**70},
        {"duration_s": nan},
        {"duration_s": inf},
        {"cli_duration_s": -inf},
        {"duration_s": 1e300},
        {"steal": nan},
        {"steps": (replace(STEP, duration_s=nan),)},
        {"steps": (replace(STEP, started_s=inf),)},
        {"steps": (replace(STEP, line=2**31),)},
        {"steps": (replace(STEP, stage="a\nb"),)},
        {"steps": (Step("", "", "", 0, 0, "", 0, 0, False),) * (MAX_STEPS + 1)},
        {"service": ""},
        {"service": " "},
        {"service": "x" * 100_000},
        {"service": "a\x1b[31m"},
        {"scenario": "a\u2028b"},
        {"commit": "\0"},
        {"run": "x" * 201},
        {"engine": replace(record().engine, machine="x" * 201)},
        {"engine": replace(record().engine, cpus=-1)},
        {"subject": "x" * 1001},
        {"author": "x" * 1001},
    ],
)
def test_what_no_report_could_show_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"^[a-z ]+.{5,90}$") as caught:
        check_build(record(**changes))
    assert str(caught.value).isprintable()


def test_events_and_images_are_checked_too() -> None:
    for event in (replace(EVENT, service="x" * 201), replace(EVENT, duration_s=inf),
                  replace(EVENT, actor="x" * 1001)):  # fmt: skip
        with pytest.raises(ValueError, match=r"more than|number of seconds"):
            check_event(event)
    image = ImageRecord("api", "sha256:1", 10, 0, (), ())
    check_image(image)
    for wrong in (replace(image, size_bytes=2**63), replace(image, name="x" * 1001)):
        with pytest.raises(ValueError, match=r"size_bytes|name"):
            check_image(wrong)

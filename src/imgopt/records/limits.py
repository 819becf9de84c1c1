"""What a record may hold, so that every history keeps it and every report can be made of it.

Records come from other machines. Each check raises ValueError, which says what is wrong.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from math import isfinite

from imgopt.records.build import BuildRecord, Step
from imgopt.records.event import Event
from imgopt.records.image import ImageRecord

MAX_NAME = 200
MAX_TEXT = 1000
MAX_STEPS = 10_000
MAX_LAYERS = 2_000
MAX_DOCUMENT_BYTES = 20_000_000
_MAX_INTEGER = 2**63 - 1  # what databases keep
_MAX_LINE = 2**31 - 1
_MAX_SECONDS = 10 * 366 * 86400
# Nanoseconds since 1970 in 63 bits, as pandas counts them, end in 2262.
_YEARS = range(1970, 2262)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def check(record: BuildRecord | Event | ImageRecord) -> None:
    """ValueError for what no history takes."""
    if isinstance(record, BuildRecord):
        check_build(record)
    elif isinstance(record, Event):
        check_event(record)
    else:
        check_image(record)


def check_build(record: BuildRecord) -> None:
    """ValueError for a build record that no history takes."""
    _names(
        run=record.run,
        service=record.service,
        scenario=record.scenario,
        commit=record.commit,
        target=record.target,
        isolation=record.isolation,
        machine=record.engine.machine,
        image=record.image.id,
    )
    _required(service=record.service, scenario=record.scenario)
    _texts(
        subject=record.subject,
        author=record.author,
        dockerfile=record.dockerfile,
        variant=record.variant,
        buildkit=record.engine.buildkit,
        driver=record.engine.driver,
        ref=record.ref,
    )
    moment("started_at", record.started_at)
    if record.committed_at is not None:
        moment("committed_at", record.committed_at)
    _counts(
        sample=record.sample,
        context_bytes=record.context_bytes,
        cache_hits=record.cache_hits,
        cache_steps=record.cache_steps,
        size_bytes=record.image.size_bytes,
        findings=record.findings or 0,
        cpus=record.engine.cpus,
        memory_bytes=record.engine.memory_bytes,
    )
    _seconds(
        duration_s=record.duration_s,
        cli_duration_s=record.cli_duration_s,
        export_s=record.export_s,
        critical_path_s=record.critical_path_s,
    )
    if not (isfinite(record.load_per_core) and isfinite(record.steal)):
        raise ValueError("load_per_core or steal is no finite number")
    _steps(record)
    _layers(record)


def check_event(event: Event) -> None:
    """ValueError for an event that no history takes."""
    _names(service=event.service, commit=event.commit, environment=event.environment)
    _required(service=event.service)
    _texts(url=event.url, actor=event.actor)
    moment("at", event.at)
    if event.committed_at is not None:
        moment("committed_at", event.committed_at)
    _seconds(duration_s=event.duration_s)


def check_image(image: ImageRecord) -> None:
    """ValueError for an image record that no history takes."""
    _names(id=image.id)
    _texts(name=image.name)
    _counts(
        size_bytes=image.size_bytes,
        wasted_bytes=image.wasted_bytes,
        engine_bytes=image.engine_bytes,
        engine_content_bytes=image.engine_content_bytes,
    )
    if len(image.layers) > MAX_LAYERS:
        raise ValueError(f"it has more than {MAX_LAYERS} layers")


def moment(name: str, value: datetime) -> None:
    """ValueError for a time without an offset, and for a year that no calendar of ours reaches."""
    if value.tzinfo is None:
        raise ValueError(f"{name} has no offset from UTC")
    try:
        year = value.astimezone(UTC).year
    except OverflowError:
        year = 0
    if year not in _YEARS:
        raise ValueError(f"{name} is not between {_YEARS[0]} and {_YEARS[-1]}")


def _names(**values: str) -> None:
    for name, value in values.items():
        if len(value) > MAX_NAME:
            raise ValueError(f"{name} has more than {MAX_NAME} characters")
        if not _is_plain(value):
            raise ValueError(f"{name} holds a control character")


def _is_plain(value: str) -> bool:
    return value.isprintable() or not _CONTROL.search(value)


def _required(**values: str) -> None:
    for name, value in values.items():
        if not value.strip():
            raise ValueError(f"{name} is empty")


def _texts(**values: str) -> None:
    for name, value in values.items():
        if len(value) > MAX_TEXT:
            raise ValueError(f"{name} has more than {MAX_TEXT} characters")


def _counts(**values: int) -> None:
    for name, value in values.items():
        if not 0 <= value <= _MAX_INTEGER:
            raise ValueError(f"{name} is {_shown(value)}, not between 0 and 2^63")


def _shown(value: int) -> str:
    return "negative" if value < 0 else "too large"


def _seconds(**values: float) -> None:
    for name, value in values.items():
        if not -_MAX_SECONDS < value < _MAX_SECONDS:
            raise ValueError(f"{name} is no number of seconds, or more than ten years")


def _steps(record: BuildRecord) -> None:
    if len(record.steps) > MAX_STEPS or len(record.inputs) > MAX_STEPS:
        raise ValueError(f"it has more than {MAX_STEPS} steps")
    for step in record.steps:
        if not (
            0 <= step.line <= _MAX_LINE
            and 0 <= step.end_line <= _MAX_LINE
            and -_MAX_SECONDS < step.duration_s < _MAX_SECONDS
            and -_MAX_SECONDS < step.started_s < _MAX_SECONDS
        ):
            raise ValueError(f"a step {_trouble(step)}")
    _each("the stage of a step", {step.stage for step in record.steps})
    _each("the instruction of a step", {step.instruction for step in record.steps})


def _trouble(step: Step) -> str:
    for line in (step.line, step.end_line):
        if not 0 <= line <= _MAX_LINE:
            return f"has a line number that is {_shown(line)}"
    return "has a time that is no number of seconds, or more than ten years"


def _layers(record: BuildRecord) -> None:
    layers = record.image.layers
    if len(layers) > MAX_LAYERS:
        raise ValueError(f"its image has more than {MAX_LAYERS} layers")
    for layer in layers:
        if not 0 <= layer.size_bytes <= _MAX_INTEGER:
            raise ValueError(f"size_bytes of a layer is {_shown(layer.size_bytes)}")
        if not 0 <= layer.line <= _MAX_LINE:
            raise ValueError(f"the line of a layer is {_shown(layer.line)}")
    _each("the digest of a layer", {layer.digest for layer in layers})
    _each("the instruction of a layer", {layer.instruction for layer in layers})


def _each(what: str, values: Iterable[str]) -> None:
    for value in values:
        if len(value) > MAX_NAME:
            raise ValueError(f"{what} has more than {MAX_NAME} characters")
        if not _is_plain(value):
            raise ValueError(f"{what} holds a control character")

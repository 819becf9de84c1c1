"""From records to the rows that are kept of them, and back."""

from __future__ import annotations

import zlib
from typing import Any

from imgopt.records.build import BuildRecord
from imgopt.records.event import Event
from imgopt.records.event import encode as encode_event
from imgopt.records.image import ImageRecord
from imgopt.records.image import encode as encode_image

_LEVEL = 1  # higher levels take more time than an import has, for 5 % less

Row = tuple[Any, ...]


def pack(document: bytes) -> bytes:
    """A JSON document as it is kept."""
    return zlib.compress(document, _LEVEL)


def unpack(data: bytes) -> bytes:
    """The document again; ValueError for what `pack` has not made."""
    try:
        return zlib.decompress(data)
    except zlib.error as error:
        raise ValueError(str(error)) from error


def build_row(number: int, key: str, record: BuildRecord) -> Row:
    """The row of `builds`: the columns of BuildRow."""
    return (
        number,
        key,
        record.run,
        record.service,
        record.scenario,
        record.sample,
        record.commit,
        record.dirty,
        record.committed_at,
        _text(record.subject),
        _text(record.author),
        _text(record.dockerfile),
        record.target,
        _text(record.variant),
        record.isolation,
        record.engine.machine,
        _text(record.engine.buildkit),
        _text(record.engine.driver),
        record.started_at,
        record.duration_s,
        record.context_bytes,
        record.cache_hits,
        record.cache_steps,
        record.image.id,
        record.image.size_bytes,
        record.findings,
        record.failure is not None,
    )


def step_rows(number: int, record: BuildRecord) -> list[Row]:
    """The rows of `steps`: the columns of StepRow."""
    return [
        (number, position, step.stage, step.line, step.end_line, step.instruction,
         step.duration_s, step.cached, step.critical)
        for position, step in enumerate(record.steps)
    ]  # fmt: skip


def layer_rows(number: int, record: BuildRecord) -> list[Row]:
    """The rows of `layers`: the columns of LayerRow."""
    return [
        (number, position, layer.digest, layer.size_bytes, layer.line, layer.instruction)
        for position, layer in enumerate(record.image.layers)
    ]


def event_row(number: int, key: str, event: Event) -> Row:
    """The row of `events`."""
    return (
        number,
        key,
        event.service,
        str(event.kind),
        str(event.status),
        event.at,
        event.commit,
        pack(encode_event(event)),
    )


def image_row(number: int, key: str, image: ImageRecord) -> Row:
    """The row of `images`."""
    return (number, key, image.id, _text(image.name), image.size_bytes, pack(encode_image(image)))


def _text(text: str) -> str:
    """What PostgreSQL takes for text; the document keeps it as it is."""
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}") if "\0" in text else text

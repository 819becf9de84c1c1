"""JSON lines that carry records from one history to another.

A build record stands there as it is, as it always did; what else there is says its `type`.
"""

from __future__ import annotations

import msgspec

from imgopt.records.build import SCHEMA_VERSION, BuildRecord
from imgopt.records.build import decode as decode_build
from imgopt.records.build import encode as encode_build
from imgopt.records.event import Event
from imgopt.records.image import ImageRecord
from imgopt.records.limits import MAX_DOCUMENT_BYTES, check

Item = BuildRecord | Event | ImageRecord


class _Event(msgspec.Struct, frozen=True, tag_field="type", tag="event"):
    event: Event


class _Image(msgspec.Struct, frozen=True, tag_field="type", tag="image"):
    image: ImageRecord


class _Kind(msgspec.Struct, frozen=True):
    type: str = ""


_NAMES = {"event": "an event", "image": "an image record"}


def line(item: Item) -> bytes:
    """The item as a line, without the newline; the same item always gives the same bytes."""
    if isinstance(item, BuildRecord):
        return encode_build(item)
    wrapped = _Event(item) if isinstance(item, Event) else _Image(item)
    return msgspec.json.encode(wrapped, order="sorted")


def item(data: bytes) -> Item:
    """What a line holds; ValueError, which says why, for what no history takes."""
    if len(data) > MAX_DOCUMENT_BYTES:
        raise ValueError(f"longer than {MAX_DOCUMENT_BYTES // 1_000_000} MB")
    try:
        found: Item = decode_build(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        found = _other(data, error)
    version = found.schema_version
    if version != SCHEMA_VERSION:
        raise ValueError(f"this record has version {version}; only {SCHEMA_VERSION} is supported")
    check(found)
    return found


def _other(data: bytes, error: Exception) -> Item:
    """What is no build record: an event, an image record, or nothing of ours."""
    kind = ""
    try:
        kind = msgspec.json.decode(data, type=_Kind).type
        if kind in _NAMES:
            wrapped = msgspec.json.decode(data, type=_Event | _Image)
            return wrapped.event if isinstance(wrapped, _Event) else wrapped.image
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as other:
        if kind in _NAMES:
            raise ValueError(f"not {_NAMES[kind]}: {other}") from other
    raise ValueError(f"not a build record: {error}") from error

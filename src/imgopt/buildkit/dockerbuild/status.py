"""The status stream of a build record: length-prefixed protobuf → the same as progress events.

Source: BuildKit's control/status history: each StatusResponse behind its length, a little-endian
uint32.
"""

from __future__ import annotations

import re
from typing import Any

from google.protobuf.message import DecodeError

from imgopt.buildkit.dockerbuild.messages import message_class
from imgopt.buildkit.dockerbuild.times import epoch
from imgopt.buildkit.progress import Progress
from imgopt.errors import ConfigError

# BuildKit splits what is longer than about 1 MB.
MAX_MESSAGE_BYTES = 4_000_000
MAX_VERTICES = 5_000
MAX_INPUTS = 50_000
MAX_NAME_BYTES = 100_000
_PREFIX = 4
_DIGEST = re.compile(rb"[a-z0-9]{1,20}:[A-Za-z0-9._=-]{1,128}")


def read(data: bytes, name: str) -> Progress:
    """What a build's events told; ConfigError for what is no status stream, or too much."""
    progress = Progress()
    response = message_class("StatusResponse")
    position = 0
    while position < len(data):
        start = position + _PREFIX
        size = int.from_bytes(data[position:start], "little")
        position = start + size
        if size > MAX_MESSAGE_BYTES or position > len(data):
            raise ConfigError(f"{name}: its status stream is cut off, or lies about its sizes")
        try:
            message = response.FromString(data[start:position])
        except DecodeError as error:
            raise ConfigError(f"{name}: its status stream is no protobuf ({error})") from error
        _take(message, progress, name)
    if sum(len(v.inputs) for v in progress.vertices.values()) > MAX_INPUTS:
        raise ConfigError(f"{name}: its steps have more than {MAX_INPUTS} inputs")
    return progress


def _take(message: Any, progress: Progress, name: str) -> None:
    for item in message.vertexes:
        if len(item.inputs) > MAX_INPUTS or len(item.name) > MAX_NAME_BYTES:
            raise ConfigError(f"{name}: a step has a name or inputs without measure")
        vertex = progress.vertex(_digest(item.digest, name))
        if len(progress.vertices) > MAX_VERTICES:
            raise ConfigError(f"{name} has more than {MAX_VERTICES} steps")
        progress.told(
            vertex,
            text(item.name),
            [_digest(digest, name) for digest in item.inputs],
            item.cached,
            text(item.error[:MAX_NAME_BYTES]),
            _time(item, "started", name),
            _time(item, "completed", name),
        )
    for item in message.statuses:
        progress.transferred(text(item.id[:100]), max(item.current, 0))
    for item in message.logs:
        # Logs of what was never told of belong to nothing.
        if (of := progress.vertices.get(text(item.vertex[:200]))) is not None:
            of.print(item.message)


def _digest(data: bytes, name: str) -> str:
    if not _DIGEST.fullmatch(data):
        raise ConfigError(f"{name}: {text(data[:30])!r} is not a step's digest")
    return data.decode("ascii")


def _time(item: Any, field: str, name: str) -> float | None:
    if not item.HasField(field):
        return None
    value = getattr(item, field)
    return epoch(value.seconds, value.nanos, name)


def text(data: bytes) -> str:
    """Bytes of others as text that any database takes."""
    return data.decode("utf-8", errors="replace").replace("\0", "\ufffd")

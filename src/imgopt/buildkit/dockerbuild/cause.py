"""Why a build failed, as its record tells it: the error, its Dockerfile and lines.

Source: BuildKit's solver/errdefs (Source and Vertex, as JSON in the details of a
google.rpc.Status).
"""

from __future__ import annotations

import base64
import binascii
from typing import Any

import msgspec
from google.protobuf.message import DecodeError

from imgopt.buildkit.dockerbuild.layout import document
from imgopt.buildkit.dockerbuild.messages import message_class
from imgopt.buildkit.dockerbuild.status import text
from imgopt.errors import ConfigError

_SOURCE = b"errdefs.Source+json"
_VERTEX = b"errdefs.Vertex+json"
_MOST_DETAILS = 1_000


class Cause(msgspec.Struct, frozen=True):
    """What went wrong: BuildKit's message, the digest of the step, the first line, and the
    Dockerfile; each empty or 0 where it is not said."""

    message: str = ""
    vertex: str = ""
    line: int = 0
    dockerfile: bytes = b""


def read(data: bytes, name: str) -> Cause:
    """The cause in a status message; ConfigError for what is none."""
    try:
        status = message_class("Status").FromString(data)
    except DecodeError as error:
        raise ConfigError(f"{name}: its error is no protobuf ({error})") from error
    line, dockerfile, vertex = 0, b"", ""
    for detail in status.details[:_MOST_DETAILS]:
        if detail.type_url.endswith(_SOURCE):
            line, dockerfile = _source(document(detail.value, f"{name}: its error"), name)
        elif detail.type_url.endswith(_VERTEX):
            value = document(detail.value, f"{name}: its error")
            vertex = str(value.get("digest", "")) if isinstance(value, dict) else ""
    return Cause(text(status.message), vertex[:200], line, dockerfile)


def _source(value: Any, name: str) -> tuple[int, bytes]:
    try:
        lines = [int(each["start"]["line"]) for each in value.get("ranges") or ()]
        data = str((value.get("info") or {}).get("data") or "")
        return min(lines, default=0), base64.b64decode(data, validate=True)
    except (AttributeError, KeyError, TypeError, ValueError, binascii.Error) as error:
        raise ConfigError(f"{name}: its error is not understood ({error})") from error

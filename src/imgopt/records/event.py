"""Event: a deployment or a rollback that a pipeline told of; a contract: changes only add."""

from __future__ import annotations

import hashlib
from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec


class EventKind(StrEnum):
    """What was done to a running service."""

    DEPLOY = "deploy"
    ROLLBACK = "rollback"


class EventStatus(StrEnum):
    """How it ended."""

    SUCCESS = "success"
    FAILURE = "failure"


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """One deployment or rollback of a service, finished `at` (aware, UTC) after `duration_s`.

    `commit` is what runs afterwards and `committed_at` its date, where they are known;
    `environment` is where, `url` the pipeline's page, `actor` who or what started it.
    """

    kind: EventKind
    service: str
    status: EventStatus
    at: datetime
    duration_s: float = 0.0
    commit: str = ""
    committed_at: datetime | None = None
    environment: str = ""
    url: str = ""
    actor: str = ""
    schema_version: int = 1


def encode(event: Event) -> bytes:
    """Canonical JSON: the same event always gives the same bytes."""
    return msgspec.json.encode(event, order="sorted")


def decode(data: bytes | str) -> Event:
    """An event from JSON; msgspec.DecodeError or ValidationError when it is none."""
    return msgspec.json.decode(data, type=Event)


def content_id(event: Event) -> str:
    """The event's identity: sha256 of its canonical JSON, defaults left out."""
    data: dict[str, Any] = msgspec.to_builtins(event)
    plain = msgspec.to_builtins(
        Event(kind=event.kind, service=event.service, status=event.status, at=event.at)
    )
    required = {"kind", "service", "status", "at", "schema_version"}
    said = {key: value for key, value in data.items() if key in required or value != plain[key]}
    return hashlib.sha256(msgspec.json.encode(said, order="sorted")).hexdigest()

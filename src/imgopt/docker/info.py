"""What the engine says of itself."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec

from imgopt.docker.client import asking


class EngineInfo(msgspec.Struct, frozen=True):
    """What the engine says of itself; `machine` is a digest that tells machines apart."""

    docker: str
    storage: str
    cpus: int
    memory_bytes: int
    machine: str


def info() -> EngineInfo:
    """Facts about the engine; EngineError when none answers."""
    with asking("describe itself") as client:
        data: dict[str, Any] = client.info()
    status = dict(item[:2] for item in data.get("DriverStatus") or [] if len(item) >= 2)
    snapshotter = "containerd" in status.get("driver-type", "")
    marks = (data.get("ID"), data.get("NCPU"), data.get("MemTotal"), data.get("Architecture"))
    return EngineInfo(
        str(data.get("ServerVersion") or ""),
        f"{data.get('Driver', '')}{' (containerd)' if snapshotter else ''}",
        int(data.get("NCPU") or 0),
        int(data.get("MemTotal") or 0),
        hashlib.sha256(repr(marks).encode()).hexdigest()[:12],
    )

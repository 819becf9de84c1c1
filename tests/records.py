"""Build records for tests that are about what is done with records."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec

from imgopt.records.build import BuildRecord, BuiltImage, Engine, Layer, Step

_START = datetime(2026, 1, 1, tzinfo=UTC)


def record(number: int = 0, **changes: object) -> BuildRecord:
    """A record; `number` moves its time, its commit and its duration."""
    made = BuildRecord(
        run="r1",
        service="api",
        scenario="cold",
        sample=1,
        commit=f"{number:x}".ljust(40, "0"),
        dirty=False,
        committed_at=_START + timedelta(days=number),
        subject=f"change {number}",
        dockerfile="Dockerfile",
        dockerfile_digest="sha256:d",
        started_at=_START + timedelta(days=30, minutes=number),
        duration_s=10.0 - number,
        cli_duration_s=10.5 - number,
        context_bytes=100,
        export_s=0.5,
        cache_hits=0,
        cache_steps=2,
        critical_path_s=9.0,
        attribution="provenance",
        edited="",
        image=BuiltImage("sha256:i", 5_000_000, (Layer("sha256:l", 5_000_000, 2, "RUN"),)),
        steps=(Step("a", "[2/2] RUN x", "api", 2, 2, "RUN", 0.0, 9.0, False, ()),),
        engine=Engine("v1", "28", "docker", "overlay2", 2, 8, "m"),
        imgopt="0",
    )
    return msgspec.structs.replace(made, **changes)

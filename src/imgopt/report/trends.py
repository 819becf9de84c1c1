"""Records → one point a service, scenario and commit. Pure."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from imgopt.records.build import BuildRecord
from imgopt.records.variant import Side

COLUMNS = [
    "service",
    "scenario",
    "commit",
    "subject",
    "at",
    "samples",
    "median_s",
    "mad_s",
    "size_bytes",
]


def points(records: Iterable[BuildRecord]) -> pd.DataFrame:
    """A frame with COLUMNS, ordered by service, scenario and the commits' dates.

    `at` is the commit's date (UTC), the build's for what has no commit; durations in seconds;
    `commit` is empty outside git and ends with `+` for a tree with changes; a scenario that was
    not measured on the shared builder has its isolation level in its name.
    """
    rows = [
        {
            "service": r.service,
            "scenario": r.scenario if r.isolation == "shared" else f"{r.scenario} ({r.isolation})",
            "commit": r.commit[:10] + ("+" if r.dirty else ""),
            "subject": r.subject,
            "at": r.committed_at or r.started_at,
            "started_at": r.started_at,
            "duration_s": r.duration_s,
            "size_bytes": r.image.size_bytes,
        }
        for r in records
        # A is another Dockerfile or builder, not this commit's.
        if r.side is not Side.A and r.failure is None
    ]
    if not rows:
        return pd.DataFrame(columns=COLUMNS)
    frame = pd.DataFrame(rows).sort_values("started_at", kind="stable")
    frame["at"] = pd.to_datetime(frame["at"], utc=True)
    keys = ["service", "scenario", "commit"]

    def mad(values: pd.Series) -> float:
        return float((values - values.median()).abs().median())

    grouped = frame.groupby(keys, sort=False).agg(
        subject=("subject", "last"),
        at=("at", "max"),
        samples=("duration_s", "size"),
        median_s=("duration_s", "median"),
        mad_s=("duration_s", mad),
        size_bytes=("size_bytes", "last"),
    )
    return grouped.reset_index().sort_values(["service", "scenario", "at"], kind="stable")[COLUMNS]

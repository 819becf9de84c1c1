"""What a backfill did, as JSON: schema_version 1, to which fields are only added."""

from __future__ import annotations

from datetime import datetime

from imgopt.bench.backfill_rows import Backfilled
from imgopt.formats.escape import json_text
from imgopt.formats.registry import Options


def render(found: Backfilled, _options: Options) -> str:
    """One JSON document with a newline at its end."""
    commits = [
        {
            "commit": row.revision.commit,
            "committed_at": _iso(row.revision.committed_at),
            "author": row.revision.author,
            "subject": row.revision.subject,
            "service": row.service,
            "status": row.status,
            "note": row.note,
            "samples": row.samples,
        }
        for row in found.rows
    ]
    return json_text({"schema_version": 1, "dry_run": found.is_dry, "commits": commits})


def _iso(when: datetime | None) -> str | None:
    return when.isoformat() if when else None

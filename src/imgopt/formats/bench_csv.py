"""Bench samples as CSV: a row a sample."""

from __future__ import annotations

import csv
import io

from imgopt.bench.result import BenchResult
from imgopt.formats.escape import cell
from imgopt.formats.registry import Options

FIELDS = (
    "run service scenario variant sample commit dirty started_at duration_s cli_duration_s"
    " critical_path_s export_s context_bytes cache_hits cache_steps size_bytes edited isolation"
    " load_per_core steal dockerfile target"
).split()


def render(result: BenchResult, _options: Options) -> str:
    """A head and a row for each record; times in seconds, sizes in bytes."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(FIELDS)
    for record in result.records:
        values = {**{f: getattr(record, f, "") for f in FIELDS if f != "size_bytes"},
                  "size_bytes": record.image.size_bytes,
                  "started_at": record.started_at.isoformat()}  # fmt: skip
        writer.writerow([cell(values[f]) for f in FIELDS])
    return out.getvalue()

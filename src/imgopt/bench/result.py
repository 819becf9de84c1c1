"""What formats of a bench are given."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from imgopt.bench.annotate import Annotation
from imgopt.bench.compare import ServiceComparison
from imgopt.records.build import BuildRecord


class BenchResult(msgspec.Struct, frozen=True):
    """All samples; the comparisons, where two variants were measured; the Dockerfiles with
    prices, where they were asked for."""

    records: Sequence[BuildRecord]
    comparisons: Sequence[ServiceComparison] = ()
    annotations: Sequence[Annotation] = ()

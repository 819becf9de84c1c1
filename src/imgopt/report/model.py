"""What a report is made of: series, their points, change points, sentences. Data alone.

`trends` makes series of rows, `changes` finds change points, `document` puts a report together;
formats and charts read it.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec


class Unit(StrEnum):
    """What the values of a series are."""

    SECONDS = "s"
    BYTES = "bytes"
    SHARE = "share"  # 0 to 1
    COUNT = "count"


class Metric(StrEnum):
    """What is followed over commits. Of TIME there is a series for each scenario."""

    TIME = "time"
    SIZE = "size"
    CACHE_HITS = "cache-hits"
    CONTEXT = "context"
    PULL = "pull"  # bytes of layers that a node with the commit before does not have
    FAILURES = "failures"
    FINDINGS = "findings"

    @property
    def unit(self) -> Unit:
        return {
            Metric.TIME: Unit.SECONDS,
            Metric.CACHE_HITS: Unit.SHARE,
            Metric.FAILURES: Unit.SHARE,
            Metric.FINDINGS: Unit.COUNT,
        }.get(self, Unit.BYTES)


class Part(msgspec.Struct, frozen=True, gc=False):
    """A Dockerfile line's share of a value: bytes of an image, or seconds of a build."""

    line: int
    instruction: str
    value: float


class Point(msgspec.Struct, frozen=True, gc=False):
    """One commit of a series. `value` is the median of its samples, `low` and `high` their
    quartiles; what does not vary from build to build (sizes, findings) is the last build's. `at`
    is the commit's date, else the build's. `builds` are the history's numbers of the records
    behind it (of failures: of those that failed); `parts` are the lines of a size, biggest first,
    where they were asked for, line 0 being the base image."""

    commit: str
    dirty: bool
    at: datetime
    subject: str
    author: str
    value: float
    low: float
    high: float
    samples: tuple[float, ...]
    builds: tuple[int, ...]
    parts: tuple[Part, ...] = ()


class Failed(msgspec.Struct, frozen=True):
    """A commit whose build failed."""

    commit: str
    dirty: bool
    at: datetime
    subject: str
    author: str
    scenario: str
    builds: tuple[int, ...]
    line: int = 0
    instruction: str = ""
    message: str = ""


class Series(msgspec.Struct, frozen=True):
    """One metric of one service on one machine, engine and isolation level, oldest point first.

    What differs in one of them is another series: where one ends and the next begins, a chart
    draws a break. `scenario` is empty unless the metric depends on it.
    """

    service: str
    metric: Metric
    scenario: str
    machine: str
    engine: str
    isolation: str
    points: tuple[Point, ...]

    @property
    def name(self) -> str:
        """How the series is called beside its service: the scenario of times, else the metric."""
        return self.scenario if self.metric is Metric.TIME else str(self.metric)


class Change(msgspec.Struct, frozen=True):
    """A step in a series: from `commit` on, values are `ratio` times (between `low` and `high`)
    those before. `line` and `instruction` are what moved most between the two sides, `line_delta`
    by how much; line 0 is the base image, or with no `line_delta` nothing that is known.

    With more than one of `candidates` (full commits, oldest first, `commit` the last of them) those
    between were not built, and it could be any of them. `confidence` is between 0 and 1.
    """

    service: str
    metric: Metric
    scenario: str
    commit: str
    at: datetime
    author: str
    subject: str
    before: float
    after: float
    ratio: float
    low: float
    high: float
    confidence: float
    candidates: tuple[str, ...]
    line: int = 0
    instruction: str = ""
    line_delta: float = 0.0


class ServiceReport(msgspec.Struct, frozen=True):
    """All that is told of one service. `budgets` are limits by a series' name; `lines` are the
    texts of the Dockerfile's lines as of the last image, where they are known."""

    service: str
    series: tuple[Series, ...]
    changes: tuple[Change, ...]
    failed: tuple[Failed, ...]
    budgets: dict[str, float] = {}
    lines: dict[int, str] = {}


class Sentence(msgspec.Struct, frozen=True):
    """One sentence of the summary, and the service and change it is of ("" where of none).

    `tone` is `worse`, `better` or `neutral`.
    """

    text: str
    tone: str
    service: str = ""
    commit: str = ""


class Delivery(msgspec.Struct, frozen=True):
    """Delivery of one service over the report's time: counts, shares 0 to 1, seconds; None where
    nothing is known."""

    service: str
    builds: int
    failed_builds: int
    pipeline_s: float | None
    deployments: int
    deployments_a_week: float | None
    lead_time_s: float | None
    change_failure_share: float | None
    restore_s: float | None


class ReportData(msgspec.Struct, frozen=True):
    """A whole report as of `made_at`, over records since `since` (None: all of them).

    `weekly` when the last week is told against the four before it.
    """

    made_at: datetime
    since: datetime | None
    weekly: bool
    services: tuple[ServiceReport, ...]
    sentences: tuple[Sentence, ...]
    delivery: tuple[Delivery, ...] = ()

"""The live view of a backfill: a bar in a terminal, a line a commit elsewhere. Writes to stderr."""

from __future__ import annotations

import time
from collections.abc import Mapping
from types import TracebackType

from imgopt.bench.backfill_rows import Row, Status
from imgopt.formats.escape import cut, printable
from imgopt.formats.live import LEVELS
from imgopt.formats.progress_bar import ProgressBar, time_left
from imgopt.history.git import Revision
from imgopt.records.build import BuildRecord

_SUBJECT = 50
_TOLD = (Status.BUILT, Status.FAILED, Status.SKIPPED)


class BackfillLive:
    """Told how a backfill goes on (bench.backfill_rows.Follower); a context manager."""

    def __init__(self, quiet: bool = False) -> None:
        self._bar = ProgressBar(quiet)
        self._current = ""
        self._started = 0.0
        self._took: list[float] = []
        self._left = 0
        self._results: list[str] = []

    def __enter__(self) -> BackfillLive:
        self._bar.start()
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._bar.stop()

    def commit(self, revision: Revision, service: str, left: int) -> None:
        self._current = f"{_shown(revision)}: {service}"
        self._started = time.monotonic()
        self._left = left
        self._results = []
        self._update(step="")

    def row(self, row: Row) -> None:
        if row.status not in _TOLD:
            return
        if row.status is not Status.SKIPPED:
            self._took.append(time.monotonic() - self._started)
            self._left = max(self._left - 1, 0)
        results = ", ".join(self._results)
        what = results if row.status is Status.BUILT else f"{row.status}: {row.note}"
        left = f" ({self._time_left()})" if self._time_left() else ""
        self._bar.say(f"{_shown(row.revision)}: {row.service}: {what}{left}")
        self._update(step="")

    def plan(self, samples: Mapping[tuple[str, str], int]) -> None:
        """The bar counts images, not samples."""

    def begin(self, isolation: str) -> None:
        self._bar.say(LEVELS[isolation])

    def subject(self, service: str, builds: str) -> None:
        """The commit was told already."""

    def recovered(self, text: str) -> None:
        self._bar.say(text, always=True)

    def prepare(self, service: str, what: str, variant: str) -> None:
        self._update(step=what)

    def build(self, service: str, scenario: str, variant: str, sample: int, of: int) -> None:
        self._update(step=f"{scenario} {sample}/{of}")

    def step(self, name: str) -> None:
        self._update(step=printable(" ".join(name.split())))

    def built(self, record: BuildRecord | None) -> None:
        if record is not None:
            self._results.append(f"{record.scenario} {record.duration_s:.2f} s")

    def skipped(self, service: str, scenario: str, reason: str) -> None:
        self._results.append(f"{scenario} skipped: {reason}")

    def warned(self, service: str, text: str) -> None:
        self._bar.say(f"warning: {service}: {text}", always=True)

    def failed(self, service: str, scenario: str) -> None:
        """The row says it."""

    def ended(self, service: str, scenario: str) -> None:
        """Nothing ends early here."""

    def cleaning(self) -> None:
        self._current, self._left = "cleaning up", 0
        self._update(step="")

    def not_cleaned(self, reason: str) -> None:
        self._bar.say(f"not everything of this run could be removed: {reason}", always=True)

    def _update(self, **fields: str) -> None:
        done = len(self._took)
        total = done + self._left if self._left else None
        self._bar.update(
            description=printable(self._current), completed=done, total=total,
            left=self._time_left(), **fields,
        )  # fmt: skip

    def _time_left(self) -> str:
        """If what is left takes as long as what was built; less, where commits are equal."""
        if not self._took or not self._left:
            return ""
        return time_left(self._left * sum(self._took) / len(self._took))


def _shown(revision: Revision) -> str:
    return f"{revision.commit[:9]} {cut(revision.subject, _SUBJECT)}"

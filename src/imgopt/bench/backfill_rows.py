"""What a backfill says: what became of each image in each commit, and whom it tells."""

from __future__ import annotations

from enum import StrEnum
from typing import Protocol

import msgspec

from imgopt.bench.options import Watcher
from imgopt.history.git import Revision


class Status(StrEnum):
    """What became of one image in one commit."""

    BUILT = "built"
    FAILED = "failed"  # its build did, and that is recorded
    RECORDED = "recorded"  # before this run
    UNCHANGED = "unchanged"  # equal to another commit, so there is nothing to measure
    ABSENT = "absent"  # the commit has no such image
    SKIPPED = "skipped"  # it cannot be measured; the note says why
    BETWEEN = "between"  # of two commits that are alike
    LEFT = "left"  # for the next run, since a limit was reached
    WANTED = "to build"  # of a dry run


class Row(msgspec.Struct, frozen=True):
    """One image in one commit; `note` says why, `samples` were taken now."""

    revision: Revision
    service: str
    status: Status
    note: str = ""
    samples: int = 0


class Backfilled(msgspec.Struct, frozen=True):
    """All rows, the oldest commit first; a run that was broken off has those until then."""

    rows: tuple[Row, ...]
    commits: int
    is_dry: bool = False


class Follower(Watcher, Protocol):
    """A watcher that is told of commits, too. `left` is how many images may still have to be
    built, this one among them; 0 where nobody knows."""

    def commit(self, revision: Revision, service: str, left: int) -> None: ...
    def row(self, row: Row) -> None: ...

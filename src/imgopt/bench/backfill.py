"""Which of past commits are built, one after the other or by halves; the building itself is
commit_build.py's."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence

import msgspec

from imgopt.bench.backfill_rows import Follower, Row, Status
from imgopt.bench.commits import Commits
from imgopt.bench.known import Known
from imgopt.bench.measure import plan_of
from imgopt.bench.registry import Planned
from imgopt.bench.steps import Outcome, locate
from imgopt.errors import ConfigError
from imgopt.history.git import Revision
from imgopt.project.image import Image

# Measures an image in a checkout of its commit, and adds what came of it to what is known.
Measure = Callable[[Image, Revision, Sequence[Planned]], Row]


class Limits(msgspec.Struct, frozen=True):
    """When no further image is begun: after so many, or after so many seconds (0: no limit)."""

    builds: int = 0
    seconds: float = 0.0


class _Over(Exception):
    """A limit is reached."""


class Backfill:
    """The images of the working tree in the commits; `rows` says what became of each until now."""

    def __init__(
        self,
        images: Sequence[Image],
        plan: Sequence[Planned],
        commits: Commits,
        known: Known,
        measure: Measure,
        follower: Follower,
        limits: Limits | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._plans = [(image, plan_of(image, plan)) for image in images]
        self._commits = commits
        self._chosen = commits.chosen
        self._known = known
        self._measure = measure
        self._follower = follower
        self._limits = limits or Limits()
        self._clock = clock
        self._started = clock()
        self._begun = 0
        self._left = 0
        self._rows: dict[tuple[int, str], Row] = {}

    @property
    def rows(self) -> list[Row]:
        """The oldest commit first, its images in their order."""
        order = {image.name: number for number, (image, _) in enumerate(self._plans)}
        return [self._rows[key] for key in sorted(self._rows, key=lambda k: (k[0], order[k[1]]))]

    def walk(self) -> None:
        """Build all commits that are to be built, the oldest first."""
        self._left = sum(
            bool(self._known.missing(image, revision.commit, plan))
            for revision in self._chosen
            for image, plan in self._plans
        )
        for index, revision in enumerate(self._chosen):
            for image, plan in self._plans:
                missing = self._known.missing(image, revision.commit, plan)
                if not missing:
                    self._note(index, image, Status.RECORDED)
                elif self._is_over():
                    self._note(index, image, Status.LEFT)
                elif self._commits.is_unchanged(image, index):
                    self._note(index, image, Status.UNCHANGED)
                else:
                    self._build(index, image, missing)
                self._left -= bool(missing)

    def bisect(self) -> None:
        """Build what locates the steps of each image: the ends, and halves that differ."""
        for image, plan in self._plans:
            measured: dict[str, int] = {}

            def outcome(
                index: int,
                image: Image = image,
                plan: Sequence[Planned] = plan,
                measured: dict[str, int] = measured,
            ) -> Outcome | None:
                return self._outcome(index, image, plan, measured)

            try:
                locate(len(self._chosen), outcome)
            except _Over:
                self._fill(image, Status.LEFT)
            else:
                self._fill(image, Status.BETWEEN)

    def leave_rest(self) -> None:
        """What has no row is left for the next run."""
        for image, _ in self._plans:
            self._fill(image, Status.LEFT)

    def _fill(self, image: Image, status: Status) -> None:
        for index in range(len(self._chosen)):
            if (index, image.name) not in self._rows:
                self._note(index, image, status)

    def _outcome(
        self, index: int, image: Image, plan: Sequence[Planned], measured: dict[str, int]
    ) -> Outcome | None:
        """What a commit is like: known, or like one that is known, or built now; None where it
        has no such image. `measured` maps states to the commits that were."""
        commit = self._chosen[index].commit
        missing = self._known.missing(image, commit, plan)
        state = self._commits.state(image, index)
        if not missing:
            self._note(index, image, Status.RECORDED)
        elif state is not None and state in measured:
            twin = self._chosen[measured[state]].commit
            self._note(index, image, Status.UNCHANGED, f"equal to {twin[:12]}")
            return self._known.outcome(image, twin, plan)
        elif self._is_over():
            raise _Over
        else:
            row = self._build(index, image, missing)
            if row.status not in (Status.BUILT, Status.FAILED):
                return None
        if state is not None:
            measured.setdefault(state, index)
        return self._known.outcome(image, commit, plan)

    def _build(self, index: int, image: Image, missing: Sequence[Planned]) -> Row:
        if self._commits.is_absent(image, index):
            return self._note(index, image, Status.ABSENT, f"no {image.dockerfile.name} there")
        revision = self._chosen[index]
        try:
            there = self._commits.image(image, index)
        except ConfigError as error:
            return self._note(index, image, Status.SKIPPED, str(error))
        self._begun += 1
        self._follower.commit(revision, image.name, self._left)
        row = self._measure(there, revision, missing)
        return self._add(index, row)

    def _note(self, index: int, image: Image, status: Status, note: str = "") -> Row:
        return self._add(index, Row(self._chosen[index], image.name, status, note))

    def _add(self, index: int, row: Row) -> Row:
        self._rows[index, row.service] = row
        self._follower.row(row)
        return row

    def _is_over(self) -> bool:
        builds = self._limits.builds or math.inf
        seconds = self._limits.seconds or math.inf
        return self._begun >= builds or self._clock() - self._started >= seconds

"""What a history holds already of the commits that are to be measured on one machine."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from imgopt.bench.registry import Planned
from imgopt.bench.steps import Outcome
from imgopt.buildkit.failure import may_pass
from imgopt.project.image import Image
from imgopt.records.build import BuildRecord


class _Seen:
    """The samples of one image in one commit; the scenarios whose builds failed, and whether the
    plain build did."""

    def __init__(self) -> None:
        self.times: dict[str, list[float]] = {}
        self.size_bytes = 0
        self.failed: set[str] = set()
        self.is_broken = False


class Known:
    """Counts the records of one machine and level of isolation.

    Only measured ones, of commits as they are: neither of a working tree with changes nor of a
    side of a comparison. With `retry`, builds that failed count for nothing.
    """

    def __init__(self, machine: str, isolation: str, retry: bool = False) -> None:
        self._place = (machine, isolation)
        self._retry = retry
        self._seen: dict[tuple[str, str, str], _Seen] = {}

    def add(self, records: Iterable[BuildRecord], is_new: bool = False) -> None:
        """Take those of the records that count here; those of this run do, whatever came of
        them."""
        for record in records:
            place = (record.engine.machine, record.isolation)
            other = record.dirty or record.variant or record.ref or not record.commit
            if place == self._place and not other:
                self._add(record, is_new)

    def _add(self, record: BuildRecord, is_new: bool) -> None:
        key = (record.commit, record.service, record.target)
        seen = self._seen.setdefault(key, _Seen())
        if record.failure is None:
            seen.times.setdefault(record.scenario, []).append(record.duration_s)
            seen.size_bytes = record.image.size_bytes or seen.size_bytes
        elif is_new or not (self._retry or may_pass(record.failure)):
            seen.failed.add(record.scenario)
            seen.is_broken = seen.is_broken or not record.edited

    def missing(self, image: Image, commit: str, plan: Sequence[Planned]) -> list[Planned]:
        """What of the plan is still to be measured, and how often; nothing where the plain build
        of the commit is known to fail."""
        seen = self._seen.get((commit, image.name, image.target), _Seen())
        if seen.is_broken:
            return []
        found = []
        for planned in plan:
            name = planned.scenario.name
            left = planned.runs - len(seen.times.get(name, ()))
            if left > 0 and name not in seen.failed:
                found.append(msgspec.structs.replace(planned, runs=left))
        return found

    def outcome(self, image: Image, commit: str, plan: Sequence[Planned]) -> Outcome:
        """What is known of the commit in the scenarios of the plan."""
        seen = self._seen.get((commit, image.name, image.target), _Seen())
        if seen.is_broken or not seen.times:
            return Outcome(is_failed=True)
        names = {planned.scenario.name for planned in plan}
        times = {name: tuple(values) for name, values in seen.times.items() if name in names}
        return Outcome(times, seen.size_bytes)

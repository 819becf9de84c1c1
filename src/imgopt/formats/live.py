"""The live view of a bench run: a bar in a terminal, plain lines elsewhere. Writes to stderr."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from types import TracebackType

from imgopt.formats.escape import printable
from imgopt.formats.progress_bar import ProgressBar, time_left
from imgopt.records.build import BuildRecord
from imgopt.records.variant import side_of

LEVELS = {
    "shared": "isolation: shared (only what this run makes is removed)",
    "builder": "isolation: the builder's own (only what this run makes is removed)",
    "disposable": "isolation: disposable builder",
}


class Live:
    """Told by the runner how it goes on (bench.options.Watcher); a context manager.

    `keep` is given each record as soon as it is there.
    """

    def __init__(
        self, quiet: bool = False, keep: Callable[[BuildRecord], None] = lambda _record: None
    ) -> None:
        self._bar = ProgressBar(quiet)
        self._keep = keep
        self._current = ""
        self._since = 0.0
        self._done = 0
        self._todo: dict[tuple[str, str], int] = {}
        self._took: dict[tuple[str, str], float] = {}

    def __enter__(self) -> Live:
        self._bar.start()
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._bar.stop()

    def plan(self, samples: Mapping[tuple[str, str], int]) -> None:
        self._todo = dict(samples)

    def begin(self, isolation: str) -> None:
        self._bar.say(LEVELS[isolation])

    def subject(self, service: str, builds: str) -> None:
        self._bar.say(f"{service}: {builds}")

    def recovered(self, text: str) -> None:
        self._bar.say(text, always=True)

    def prepare(self, service: str, what: str, variant: str) -> None:
        self._current = _named(service, what, variant)
        self._update(step="")

    def build(self, service: str, scenario: str, variant: str, sample: int, of: int) -> None:
        self._current = f"{_named(service, scenario, variant)} {sample}/{of}"
        self._since = time.monotonic()
        self._update(step="")

    def step(self, name: str) -> None:
        self._update(step=printable(" ".join(name.split())))

    def built(self, record: BuildRecord | None) -> None:
        if record is None:
            return
        key = (record.service, record.scenario)
        self._took[key] = time.monotonic() - self._since
        self._todo[key] = max(self._todo.get(key, 0) - 1, 0)
        self._done += 1
        self._update(step="")
        self._keep(record)
        self._bar.say(f"{self._current}  {record.duration_s:.2f} s")

    def skipped(self, service: str, scenario: str, reason: str) -> None:
        self.ended(service, scenario)
        self._bar.say(f"{service} {scenario} skipped: {reason}", always=True)

    def warned(self, service: str, text: str) -> None:
        self._bar.say(f"warning: {service}: {text}", always=True)

    def failed(self, service: str, scenario: str) -> None:
        self.ended(service, scenario)
        self._bar.say(f"{service} {scenario} failed")

    def ended(self, service: str, scenario: str) -> None:
        self._todo.pop((service, scenario), None)
        self._update()

    def cleaning(self) -> None:
        self._current, self._todo = "cleaning up", {}
        self._update(step="")

    def not_cleaned(self, reason: str) -> None:
        self._bar.say(f"not everything of this run could be removed: {reason}", always=True)

    def _update(self, **fields: str) -> None:
        self._bar.update(
            description=printable(self._current), completed=self._done,
            total=self._done + sum(self._todo.values()), left=self._left(), **fields,
        )  # fmt: skip

    def _left(self) -> str:
        """How long what is left will take if it takes as long as it took; empty if unknown."""
        if not self._took or not any(self._todo.values()):
            return ""
        mean = sum(self._took.values()) / len(self._took)
        return time_left(sum(n * self._took.get(key, mean) for key, n in self._todo.items()))


def _named(service: str, what: str, variant: str) -> str:
    """`web cold`, or `web cold A` in a comparison; what A is was said at the beginning."""
    return printable(f"{service} {what} {side_of(variant) or ''}".strip())

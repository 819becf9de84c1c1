"""The live view of a bench run: a bar in a terminal, plain lines elsewhere. Writes to stderr."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import TracebackType
from typing import Any

from imgopt.formats.escape import printable
from imgopt.records.build import BuildRecord

_LEVELS = {
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
        self._quiet = quiet
        self._keep = keep
        self._progress: Any = None
        self._task: Any = None
        self._current = ""
        self._total = 0

    def __enter__(self) -> Live:
        if not self._quiet and sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import (
                BarColumn,
                MofNCompleteColumn,
                Progress,
                TextColumn,
                TimeElapsedColumn,
                TimeRemainingColumn,
            )

            self._progress = Progress(
                TextColumn("{task.description}", markup=False),
                BarColumn(bar_width=20),
                MofNCompleteColumn(),
                TimeElapsedColumn(),
                TimeRemainingColumn(),
                TextColumn("left", style="dim"),
                TextColumn("{task.fields[step]}", markup=False, style="dim"),
                console=Console(stderr=True),
                transient=True,
            )
            self._progress.start()
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        if self._progress:
            self._progress.stop()

    def plan(self, samples: int) -> None:
        self._total = samples
        if self._progress:
            self._task = self._progress.add_task("bench", total=samples, step="")

    def begin(self, isolation: str) -> None:
        self._say(_LEVELS[isolation])

    def prepare(self, service: str, what: str) -> None:
        self._current = f"{service} {what}"
        self._total += 1
        if self._progress:
            self._progress.update(self._task, description=self._current, step="", total=self._total)

    def build(self, service: str, scenario: str, sample: int, of: int) -> None:
        self._current = f"{service} {scenario} {sample}/{of}"
        if self._progress:
            self._progress.update(self._task, description=self._current, step="")

    def step(self, name: str) -> None:
        if self._progress:
            self._progress.update(self._task, step=printable(" ".join(name.split()))[:60])

    def built(self, record: BuildRecord | None) -> None:
        if self._progress:
            self._progress.advance(self._task)
        if record is not None:
            self._keep(record)
            self._say(f"{self._current}  {record.duration_s:.2f} s")

    def skipped(self, service: str, scenario: str, reason: str) -> None:
        self._say(f"{service} {scenario} skipped: {reason}", always=True)

    def warned(self, service: str, text: str) -> None:
        self._say(f"warning: {service}: {printable(text)}", always=True)

    def failed(self, service: str, scenario: str) -> None:
        self._say(f"{service} {scenario} failed")

    def cleaning(self) -> None:
        if self._progress:
            self._progress.update(self._task, description="cleaning up", step="")

    def not_cleaned(self, reason: str) -> None:
        self._say(f"not everything of this run could be removed: {printable(reason)}", always=True)

    def _say(self, text: str, always: bool = False) -> None:
        if self._progress:
            self._progress.console.print(text, markup=False, highlight=False)
        elif always or not self._quiet:
            print(text, file=sys.stderr, flush=True)

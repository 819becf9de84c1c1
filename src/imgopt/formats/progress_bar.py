"""The bar of a run on stderr, where that is a terminal."""

from __future__ import annotations

import sys
from typing import Any

from imgopt.formats.escape import line
from imgopt.formats.tables.fitting import note


class ProgressBar:
    """What a run does now, how much is done, and how long the rest will take.

    Elsewhere than in a terminal nothing but what is said is printed; `quiet` silences that, too,
    unless it is to be said always.
    """

    def __init__(self, quiet: bool) -> None:
        self._quiet = quiet
        self._progress: Any = None
        self._task: Any = None

    def start(self) -> None:
        """Show it, if it is to be shown at all."""
        if self._quiet or not sys.stderr.isatty():
            return
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            TextColumn,
            TimeElapsedColumn,
        )
        from rich.table import Column

        self._progress = Progress(
            TextColumn("{task.description}", markup=False, table_column=Column(no_wrap=True)),
            BarColumn(bar_width=12),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[left]}", style="dim", table_column=Column(no_wrap=True)),
            TextColumn(
                "{task.fields[step]}", markup=False, style="dim",
                table_column=Column(no_wrap=True, overflow="ellipsis", ratio=1),
            ),
            console=Console(stderr=True),
            transient=True,
            expand=True,
        )  # fmt: skip
        self._progress.start()
        self._task = self._progress.add_task("starting", total=None, step="", left="")

    def stop(self) -> None:
        """Take it away."""
        if self._progress:
            self._progress.stop()

    def update(self, **fields: Any) -> None:
        """Change `description`, `completed`, `total`, `left` or `step`, which are fit to print."""
        if self._progress:
            self._progress.update(self._task, **fields)

    def say(self, text: str, always: bool = False) -> None:
        """Print a line above the bar."""
        text = line(text.replace("\n", " "))
        if self._progress:
            note(text, self._progress.console, style="")
        elif always or not self._quiet:
            print(text, file=sys.stderr, flush=True)


def time_left(seconds: float) -> str:
    """`about 12:05 left`, with hours where there are some."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    shown = f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
    return f"about {shown} left"

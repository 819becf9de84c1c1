"""Linting many files in several processes, their results in the order of the files.

A process of its own pays from some dozens of files on; fewer are linted right here.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from imgopt.cli.selection import Selection
from imgopt.errors import ImgoptError
from imgopt.lint.finding import FileResult

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

_PAYS_FROM = 48  # files: below that, starting processes takes longer than they save
_AT_ONCE = 16  # neighbours, which share what is around them


def lint_all(selection: Selection) -> tuple[list[FileResult], tuple[str, ...]]:
    """The results of a selection's files, and what could not be read or run on the way."""
    parts = [
        selection.files[start : start + _AT_ONCE]
        for start in range(0, len(selection.files), _AT_ONCE)
    ]
    count = min(_cores(), len(parts) // 2)
    if len(selection.files) < _PAYS_FROM or count < 2 or sys.platform != "linux":
        return _lint(selection, selection.files), selection.problems
    return _in_processes(selection, parts, count)


def _in_processes(
    selection: Selection, parts: Sequence[Sequence[Path]], count: int
) -> tuple[list[FileResult], tuple[str, ...]]:
    """Each process lints every `count`-th part and sends its results one after the other; what it
    works on it has by the fork."""
    import multiprocessing

    context = multiprocessing.get_context("fork")
    workers, ends = [], []
    for number in range(count):
        receiving, sending = context.Pipe(duplex=False)
        worker = context.Process(
            target=_work, args=(selection, parts[number::count], sending), daemon=True
        )
        worker.start()
        sending.close()
        workers.append(worker)
        ends.append(receiving)
    results: list[FileResult] = []
    problems: dict[str, None] = {}
    try:
        for number in range(len(parts)):
            found, told = ends[number % count].recv()
            results += found
            problems.update(dict.fromkeys(told))
    except EOFError as error:
        raise ImgoptError("a process that linted a part of the files ended early") from error
    finally:
        for worker in workers:
            worker.terminate()
            worker.join()
    return results, tuple(problems)


def _work(selection: Selection, parts: Sequence[Sequence[Path]], results: Connection) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):  # the parent says what there is to say
        signal.signal(number, signal.SIG_DFL)
    for files in parts:
        results.send((_lint(selection, files), selection.problems))


def _lint(selection: Selection, files: Sequence[Path]) -> list[FileResult]:
    return [result for path in files for result in selection.linter.lint(path)]


def _cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1

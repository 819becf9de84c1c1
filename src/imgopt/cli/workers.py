"""Linting many files in several processes, their results in the order of the files.

A process of its own pays from some dozens of files on; fewer are linted right here.
"""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from imgopt.cli.selection import Problems, Selection
from imgopt.errors import ImgoptError
from imgopt.lint.finding import FileResult

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

_PAYS_FROM = 48  # files: below that, starting processes takes longer than they save
_AT_ONCE = 16  # neighbours, which share what is around them
_AHEAD = 2  # parts that a process has been given at a time, so that it never waits


class _Found(msgspec.Struct, frozen=True):
    """What a process has found in a part, and what it could not read up to then."""

    number: int
    results: list[FileResult]
    problems: Problems


def lint_all(selection: Selection) -> tuple[list[FileResult], Problems]:
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
) -> tuple[list[FileResult], Problems]:
    """Each process lints the next part that none has yet, and sends what it found; what it works
    on it has by the fork."""
    import multiprocessing
    from multiprocessing.connection import wait

    context = multiprocessing.get_context("fork")
    workers: list[Any] = []
    given: dict[Connection[int, _Found], int] = {}  # how many parts each process has now
    for _ in range(count):
        here, there = context.Pipe()
        given[here] = 0
        worker = context.Process(
            target=_work, args=(selection, parts, there, [*given]), daemon=True
        )
        worker.start()
        there.close()
        workers.append(worker)
    todo = list(reversed(range(len(parts))))
    found: dict[int, _Found] = {}

    def give(end: Connection[int, _Found]) -> None:
        if todo:
            end.send(todo.pop())
            given[end] += 1

    try:
        for end in [*given] * _AHEAD:
            give(end)
        while len(found) < len(parts):
            busy = [end for end, count in given.items() if count]
            ready = wait(busy)
            for end in (end for end in busy if end in ready):
                part = end.recv()
                found[part.number] = part
                given[end] -= 1
                give(end)
    except (EOFError, BrokenPipeError, ConnectionResetError) as error:
        raise ImgoptError("a process that linted a part of the files ended early") from error
    finally:
        for worker in workers:
            worker.terminate()
            worker.join()
    in_order = [found[number] for number in range(len(parts))]
    results = [result for part in in_order for result in part.results]
    return results, sum((part.problems for part in in_order), Problems())


def _work(
    selection: Selection,
    parts: Sequence[Sequence[Path]],
    asked: Connection[_Found, int],
    ends: Sequence[Connection[int, _Found]],
) -> None:
    """Lint parts by their number until the parent, whose `ends` are closed here, ends it or is
    gone."""
    for end in ends:
        end.close()
    for number in (signal.SIGINT, signal.SIGTERM):  # the parent says what there is to say
        signal.signal(number, signal.SIG_DFL)
    gc.freeze()  # what the parent has made stays
    with contextlib.suppress(EOFError, BrokenPipeError):
        while True:
            part = asked.recv()
            asked.send(_Found(part, _lint(selection, parts[part]), selection.problems))


def _lint(selection: Selection, files: Sequence[Path]) -> list[FileResult]:
    return [result for path in files for result in selection.linter.lint(path)]


def _cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1

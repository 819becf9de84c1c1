"""What runs that were killed have left: found by the next run, and removed."""

from __future__ import annotations

import re

from imgopt import temporary
from imgopt.bench.options import Watcher
from imgopt.bench.run_folder import Dead, State, dead_runs
from imgopt.buildkit import builder
from imgopt.docker.images import names_in, remove_images
from imgopt.errors import EngineError
from imgopt.history import git

REPOSITORY = "imgopt-bench"
_RUN = re.compile("[0-9a-f]{12}")


def recover(machine: str, watcher: Watcher) -> None:
    """Remove what dead runs left here and on this engine, and say so.

    What is left on another engine waits for a run that uses that one. Cache records stay: they
    are like those of any build, and BuildKit collects them.
    """
    for dead in dead_runs():
        with temporary.uninterrupted():
            _remove(dead, machine, watcher)


def _remove(dead: Dead, machine: str, watcher: Watcher) -> None:
    found: list[str] = []
    try:
        copies = dead.copies
        if copies:
            found.append(_counted(len(copies), "temporary folder"))
        for folder in copies:
            if folder.name.startswith(git.WORKTREE):
                git.forget_worktree(folder)
        dead.remove_copies()
        state = dead.state
        if state is None or state.machine == machine or not _RUN.fullmatch(state.run):
            if state is not None and _RUN.fullmatch(state.run):
                found += _remove_from_engine(state)
            dead.remove()
    except (OSError, EngineError) as error:
        watcher.not_cleaned(f"left behind in {dead.path}: {error}")
        return
    if found:
        watcher.recovered(f"a run that was killed left {' and '.join(found)}; now removed")


def _remove_from_engine(state: State) -> list[str]:
    found = []
    names = names_in(f"{REPOSITORY}/{state.run}")
    if names:
        remove_images(names)
        found.append(_counted(len(names), "image"))
    if state.made_builder:
        try:
            builder.remove(state.made_builder)
            found.append("a builder")
        except EngineError as error:
            if "no builder" not in str(error):
                raise
    return found


def _counted(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"

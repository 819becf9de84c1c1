"""The commit that a change is held against, checked out for as long as a check takes."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from imgopt import temporary
from imgopt.bench.run_folder import RunFolder, State
from imgopt.errors import ConfigError
from imgopt.gate.inputs import Base
from imgopt.history import git


@contextmanager
def base_of(start: Path, reference: str) -> Iterator[Base]:
    """Where HEAD left `reference`, as a worktree that is gone at the end of the block.

    ConfigError without git, outside a repository, and for a reference that it does not know.
    """
    found = git.changed_files(start, reference)
    if found is None:
        raise ConfigError(_problem(start, reference))
    left = git.left_at(start, reference)
    assert left is not None, "the reference was known a moment ago"
    changed = frozenset(os.path.realpath(path) for path in found[1])
    folder = RunFolder(State(f"check-{secrets.token_hex(6)}"))
    try:
        with git.worktree(start, left[1], folder.path) as (root, checkout):
            yield Base(root, checkout, left[1], changed)
    finally:
        with temporary.uninterrupted(), contextlib.suppress(OSError):
            folder.remove()


def _problem(start: Path, reference: str) -> str:
    if shutil.which("git") is None:
        return "--against needs git, which is not installed"
    if not git.is_repository(start):
        return f"--against: {start} is in no git repository"
    return (
        f"--against: git knows no commit {reference[:100]!r} here; in CI, fetch it first "
        f"(actions/checkout: fetch-depth: 0; GitLab: GIT_DEPTH: 0)"
    )

"""Which of the builds that a builder remembers imgopt has made itself, to measure them."""

from __future__ import annotations

from imgopt.bench.leftovers import REPOSITORY
from imgopt.bench.workspace import CONTEXT
from imgopt.buildkit.dockerbuild.source import Source
from imgopt.history.git import WORKTREE


def is_own(source: Source) -> bool:
    """Whether imgopt made a build: it has its own record already, or is none of a user's."""
    folder = source.local_context.rpartition("/")[2]
    parts = source.local_context.split("/")
    tagged = any(f"/{REPOSITORY}/" in f"/{name}" for name in source.images)
    return tagged or folder.startswith(CONTEXT) or any(p.startswith(WORKTREE) for p in parts)

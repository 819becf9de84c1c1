"""From what a user names as the history to the open history."""

from __future__ import annotations

from pathlib import Path

from imgopt.history.branch import open_branch
from imgopt.history.store import History, default_url

_GIT = "git:"


def open_history(text: str, root: Path, create: bool = True) -> History:
    """The history that `text` names; empty for the one in the project's folder.

    It is a database's URL, or git:BRANCH for a branch of the repository that `root` is in.
    HistoryError when it cannot be opened, or, without `create`, when there is none.
    """
    name = branch_of(text)
    if name is not None:
        return open_branch(name, root, create)
    return History(text or default_url(root), create)


def branch_of(text: str) -> str | None:
    """The branch that git:BRANCH names; None for what names a database."""
    return text.removeprefix(_GIT) if text.startswith(_GIT) else None

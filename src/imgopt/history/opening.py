"""From what a user names as the history to the open history."""

from __future__ import annotations

from pathlib import Path

from imgopt.history.store import History, default_url


def open_history(text: str, root: Path, create: bool = True) -> History:
    """The history that `text` names, a database's URL; empty for the one in the project's folder.

    HistoryError when it cannot be opened, or, without `create`, when there is none.
    """
    return History(text or default_url(root), create)

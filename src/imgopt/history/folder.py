"""The project's own folder `.imgopt`, which git is told to leave alone."""

from __future__ import annotations

from pathlib import Path

NAME = ".imgopt"


def make(folder: Path) -> None:
    """Make a folder; where it is `.imgopt` or inside it, git ignores what is there.

    Raises OSError.
    """
    folder.mkdir(parents=True, exist_ok=True)
    own = next((part for part in (folder, *folder.parents) if part.name == NAME), None)
    if own is not None and not (own / ".gitignore").exists():
        (own / ".gitignore").write_text("*\n", encoding="utf-8")

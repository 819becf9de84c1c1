"""git: which revision a folder is at, and how often its files change. Without git: nothing."""

from __future__ import annotations

import subprocess
from collections import Counter
from datetime import datetime
from pathlib import Path

import msgspec


class Revision(msgspec.Struct, frozen=True):
    """The commit that a folder is at; empty outside a repository or before the first commit."""

    commit: str = ""
    dirty: bool = False
    committed_at: datetime | None = None
    subject: str = ""


def _git(folder: Path, *argv: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *argv],
            capture_output=True,
            text=True,
            errors="replace",
            stdin=subprocess.DEVNULL,
            timeout=30,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None


def revision(folder: Path) -> Revision:
    """The folder's commit, and whether anything in the folder differs from it."""
    head = _git(folder, "log", "-1", "--format=%H%x00%cI%x00%s")
    if not head or head.count("\0") < 2:
        return Revision()
    commit, date, subject = head.strip().split("\0", 2)
    status = _git(folder, "status", "--porcelain", "--", ".")
    return Revision(commit, bool(status), datetime.fromisoformat(date), subject[:200])


def relative(path: Path) -> str:
    """The path as the repository names it, else the file's name."""
    top = _git(path.parent, "rev-parse", "--show-toplevel")
    if top:
        try:
            return path.resolve().relative_to(Path(top.strip()).resolve()).as_posix()
        except ValueError:
            pass
    return path.name


def change_counts(folder: Path, commits: int = 500) -> dict[str, int]:
    """How many of the last commits changed each file, by its path in the folder."""
    text = _git(
        folder, "log", f"-{commits}", "--format=", "--name-only", "--relative", "-z", "--", "."
    )
    paths = (path.strip("\n") for path in (text or "").split("\0"))
    return dict(Counter(path for path in paths if path))

"""Makes the story's git repository: the sample system's commits of eight weeks.

Same input, same commits: authors, dates and content are fixed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from story.plot import COMMITS, Commit

SAMPLE = Path(__file__).resolve().parent.parent / "tasktracker"
_BEGIN = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)
_WEEKS = 8
_HOURS = (
    0,
    3,
    1,
    6,
    2,
    5,
    4,
)  # after 9:30, so that not all come at one time of the day


def make(repository: Path) -> list[str]:
    """Make the repository anew; returns its commits, oldest first."""
    if repository.exists():
        shutil.rmtree(repository)
    ignored = shutil.ignore_patterns("Dockerfile", "Dockerfile.naive", "node_modules", "dist")
    for service in ("backend", "dashboard"):
        shutil.copytree(SAMPLE / service, repository / service, ignore=ignored)
    (repository / ".gitignore").write_text(".imgopt/\n__pycache__/\n", encoding="utf-8")
    _git(repository, "init", "--quiet", "--initial-branch=main")
    commits = []
    for number, commit in enumerate(COMMITS):
        _apply(repository, commit)
        _git(repository, "add", "--all")
        who = _identity(commit.author, _when(number))
        _git(repository, "commit", "--quiet", "--message", commit.subject, extra=who)
        commits.append(_git(repository, "rev-parse", "HEAD").strip())
    return commits


def _apply(repository: Path, commit: Commit) -> None:
    for name, text in commit.write.items():
        path = repository / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    for name, text in commit.append.items():
        path = repository / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as file:
            file.write(text)
    for name, (old, new) in commit.replace.items():
        path = repository / name
        text = path.read_text(encoding="utf-8")
        if text.count(old) != 1:
            sys.exit(f"story: {commit.subject!r}: {name} does not hold {old!r} once")
        path.write_text(text.replace(old, new), encoding="utf-8")


def _when(number: int) -> datetime:
    """Spread over the weeks, on working days."""
    day = number * _WEEKS * 5 // len(COMMITS)
    hours = _HOURS[number % len(_HOURS)] if number % 2 == 0 else 7
    return _BEGIN + timedelta(days=day // 5 * 7 + day % 5, hours=hours)


def _identity(author: str, when: datetime) -> dict[str, str]:
    mail = f"{author.split()[0].lower()}@example.invalid"
    date = when.isoformat()
    return {
        "GIT_AUTHOR_NAME": author, "GIT_AUTHOR_EMAIL": mail, "GIT_AUTHOR_DATE": date,
        "GIT_COMMITTER_NAME": author, "GIT_COMMITTER_EMAIL": mail, "GIT_COMMITTER_DATE": date,
    }  # fmt: skip


def _git(repository: Path, *argv: str, extra: dict[str, str] | None = None) -> str:
    # The user's own git configuration (signing, hooks) stays out of it.
    clean = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    return subprocess.run(
        ["git", "-C", str(repository), *argv],
        env={**clean, "PATH": os.environ["PATH"], **(extra or {})},
        check=True,
        capture_output=True,
        text=True,
    ).stdout

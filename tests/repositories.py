"""Git repositories that tests make, commit by commit."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path

_IDENTITY = ("-c", "user.name=Ann", "-c", "user.email=ann@example.invalid")


class Repository:
    """A repository in a folder; every commit is a day after the one before."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.commits: list[str] = []
        root.mkdir(parents=True, exist_ok=True)
        self.git("init", "--quiet", "--initial-branch=main")

    def git(self, *argv: str, day: int = 0) -> str:
        date = f"2026-01-{day + 1:02d}T12:00:00+00:00"
        return subprocess.run(
            ["git", "-C", str(self.root), *_IDENTITY, *argv],
            env={
                "PATH": "/usr/bin:/bin:/usr/local/bin",
                "GIT_CONFIG_GLOBAL": "/dev/null",
                "GIT_AUTHOR_DATE": date,
                "GIT_COMMITTER_DATE": date,
            },
            capture_output=True,
            text=True,
            check=True,
        ).stdout

    def commit(self, subject: str, files: Mapping[str, str | None]) -> str:
        """Write files (None removes one) and commit; the commit's id."""
        for name, text in files.items():
            path = self.root / name
            if text is None:
                path.unlink()
            else:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "-m", subject, day=len(self.commits))
        self.commits.append(self.git("rev-parse", "HEAD").strip())
        return self.commits[-1]

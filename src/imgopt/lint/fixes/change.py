"""What fixing does to files: a change of each, shown as a diff or written to disk."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Sequence
from pathlib import Path

import msgspec

from imgopt import files
from imgopt.lint.finding import FileResult, Finding
from imgopt.lint.fixes.apply import Dropped, to_text


class Change(msgspec.Struct, frozen=True):
    """A file's bytes before and after; `before` is None for a file that does not exist."""

    path: Path
    before: bytes | None
    after: bytes

    def diff(self) -> str:
        """A unified diff, as `patch` and `git apply` take it."""
        import difflib

        shown = self.path.as_posix()
        if self.path.is_absolute():
            with contextlib.suppress(ValueError):
                shown = os.path.relpath(self.path)
        parts = difflib.unified_diff(
            _lines(to_text(self.before or b"")),
            _lines(to_text(self.after)),
            f"a/{shown}" if self.before is not None else "/dev/null",
            f"b/{shown}",
        )
        return "".join(
            part if part.endswith("\n") else part + "\n\\ No newline at end of file\n"
            for part in parts
        )


class FileFix(msgspec.Struct, frozen=True):
    """What fixing one Dockerfile gives: `result` is lint's after it, `dropped` did no good."""

    changes: tuple[Change, ...]
    applied: tuple[Finding, ...]
    dropped: tuple[Dropped, ...]
    result: FileResult


def write(changes: Sequence[Change]) -> list[Path]:
    """Replace the files, all or none; returns those whose other hard links keep the old text.

    Raises ConfigError when one cannot be written, and when one was changed meanwhile.
    """
    linked = [change.path for change in changes if _hard_links(change.path) > 1]
    files.write_all(
        {change.path: change.after for change in changes},
        {change.path: change.before for change in changes},
    )
    return linked


def _hard_links(path: Path) -> int:
    try:
        return path.stat().st_nlink
    except OSError:
        return 0


def _lines(text: str) -> list[str]:
    parts = text.split("\n")
    return [part + "\n" for part in parts[:-1]] + ([parts[-1]] if parts[-1] else [])

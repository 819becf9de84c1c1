"""What a rule says: a finding, and the edits that would fix it."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from imgopt.dockerfile.model import Span
from imgopt.severity import Severity

__all__ = ["Edit", "FileResult", "Finding", "Fix", "Safety", "Severity"]


class Safety(StrEnum):
    """Whether a fix keeps what is in the image, or changes what a person should look at."""

    SAFE = "safe"
    UNSAFE = "unsafe"


class Edit(msgspec.Struct, frozen=True):
    """Replace `span` by `text`, whose lines end with LF; the file's own line ends are put in.

    `path` is another file than the Dockerfile, absolute; a line behind its last one is its end,
    and a file that does not exist is made.
    """

    span: Span
    text: str
    path: str = ""


class Fix(msgspec.Struct, frozen=True):
    """Edits that make the finding go away."""

    safety: Safety
    description: str
    edits: tuple[Edit, ...]


class Finding(msgspec.Struct, frozen=True):
    """One finding in one file; lint JSON has these fields (docs/architecture.md)."""

    rule: str
    name: str
    category: str
    severity: Severity
    message: str
    path: str
    span: Span
    stage: str = ""
    fix: Fix | None = None

    @property
    def title(self) -> str:
        """Rule and name as a heading; another linter's rule is its own name."""
        return self.rule if self.rule.endswith(self.name) else f"{self.rule} {self.name}"

    def at_least(self, severity: str) -> bool:
        return self.severity.at_least(severity)


class FileResult(msgspec.Struct, frozen=True):
    """What lint says of one file; `error` when it could not be parsed, `lines` is its source.

    `internal_errors` are rules that raised, and an ignore file that is none; `unreadable_runs`
    counts the RUNs whose shell text could not be read.
    """

    path: str
    error: str | None
    findings: tuple[Finding, ...]
    lines: tuple[str, ...] = ()
    internal_errors: tuple[str, ...] = ()
    unreadable_runs: int = 0

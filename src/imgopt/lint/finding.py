"""What a rule says: a finding, and the edits that would mend it."""

from __future__ import annotations

from dataclasses import dataclass

from imgopt.dockerfile.model import Span

SEVERITIES = ("info", "warning", "error")


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace `span` by `text`."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Fix:
    """Edits that make the finding go away; `safety` is "safe" or "unsafe"."""

    safety: str
    description: str
    edits: tuple[Edit, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding in one file (contract: DESIGN §5)."""

    rule: str
    name: str
    category: str
    severity: str
    message: str
    path: str
    span: Span
    stage: str = ""
    fix: Fix | None = None

    def at_least(self, severity: str) -> bool:
        return SEVERITIES.index(self.severity) >= SEVERITIES.index(severity)


@dataclass(frozen=True, slots=True)
class FileResult:
    """What lint says of one file; `error` when it could not be parsed, `lines` for showing source."""

    path: str
    error: str | None
    findings: tuple[Finding, ...]
    lines: tuple[str, ...] = ()

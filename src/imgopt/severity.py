"""How grave a finding is, and from where on a run fails."""

from __future__ import annotations

from enum import StrEnum


class Severity(StrEnum):
    """In rising order."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"

    def at_least(self, other: str) -> bool:
        """Whether it is as grave as another one, or more."""
        order = list(Severity)
        return order.index(self) >= order.index(Severity(other))


NEVER = "never"
# The values of --fail-on and [lint] fail-on, the gravest first.
FAIL_ON = (*(str(severity) for severity in reversed(Severity)), NEVER)

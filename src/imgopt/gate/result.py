"""What formats of a check are given: the verdict, its reasons, and what they rest on."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec

from imgopt.bench.compare import ServiceComparison
from imgopt.lint.finding import Finding
from imgopt.report.budgets import Cost
from imgopt.report.budgets import Verdict as BudgetVerdict
from imgopt.report.model import Unit


class Kind(StrEnum):
    """What was broken."""

    BUDGET = "budget"
    SIZE = "size"
    TIME = "time"
    LINT = "lint"


class Reason(msgspec.Struct, frozen=True, kw_only=True):
    """One reason for a check to fail: `value` is `over` more than `limit` allows, in `unit`.

    `name` is the budget, the scenario or the rule; `before` what it was in the base (None where
    nothing is compared); `most` the Dockerfile line that broke it, with what it takes, or took
    more than before where there is a base. A finding has its text in `message`.
    """

    kind: Kind
    service: str
    name: str
    dockerfile: str
    unit: Unit
    value: float
    limit: float
    over: float
    before: float | None = None
    most: Cost | None = None
    message: str = ""


class LineSize(msgspec.Struct, frozen=True):
    """A Dockerfile line's layers in the base (A) and in the change (B): None where it is not in
    one of them; `line` is its line in B, or in A where B has it not, 0 where nobody knows."""

    line: int
    text: str
    a_bytes: int | None
    b_bytes: int | None

    @property
    def delta(self) -> int:
        return (self.b_bytes or 0) - (self.a_bytes or 0)


class SizeChange(msgspec.Struct, frozen=True):
    """An image in the base (A) and in the change (B), line by line in B's order. `pull_bytes` are
    those layers, uncompressed, that a node with A does not have, None where no two builds shared a
    cache, which would tell."""

    a_bytes: int
    b_bytes: int
    lines: tuple[LineSize, ...]
    pull_bytes: int | None
    pull_layers: int


class State(StrEnum):
    """What a service's part of a check rests on."""

    CHANGED = "changed"  # measured in pairs with the base
    NEW = "new"  # measured; the base does not have it, or it does not build there
    SAME = "same"  # not built: its inputs are the base's
    MEASURED = "measured"
    RECORDED = "recorded"
    UNKNOWN = "unknown"  # nothing was measured


class ServiceCheck(msgspec.Struct, frozen=True, kw_only=True):
    """One service. `why` says what of its inputs has changed; `before` are values of budgets in the
    base that its files tell; `commit` and `recorded_at` are those of the record that it is judged
    by."""

    service: str
    dockerfile: str
    state: State
    why: tuple[str, ...] = ()
    comparisons: tuple[ServiceComparison, ...] = ()
    size: SizeChange | None = None
    budgets: tuple[BudgetVerdict, ...] = ()
    before: dict[str, float] = {}
    commit: str = ""
    recorded_at: datetime | None = None
    notes: tuple[str, ...] = ()


class LintCheck(msgspec.Struct, frozen=True):
    """The findings in files that changed: those that the base does not have, how many it has, and
    what went wrong with files or rules. `fail_on` is the severity that fails."""

    files: int
    new: tuple[Finding, ...]
    known: int
    errors: tuple[str, ...]
    fail_on: str


class CheckResult(msgspec.Struct, frozen=True):
    """A whole check; `reference` and `base` (its commit) are empty where nothing is compared.
    `failures` are builds that failed, which leave it without a verdict."""

    services: tuple[ServiceCheck, ...]
    reasons: tuple[Reason, ...]
    failures: tuple[str, ...] = ()
    lint: LintCheck | None = None
    reference: str = ""
    base: str = ""

    @property
    def verdict(self) -> str:
        """`error` where something could not be measured, else `fail` or `pass`."""
        return "error" if self.failures else "fail" if self.reasons else "pass"

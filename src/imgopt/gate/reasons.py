"""Why a check fails: budgets that are broken, builds that got slower, images that grew. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from imgopt.bench.compare import ServiceComparison
from imgopt.bench.stats import is_regression
from imgopt.gate.lines import grown_line, slower_line
from imgopt.gate.result import Kind, LintCheck, Reason, ServiceCheck, SizeChange
from imgopt.report.budgets import Cost, Verdict
from imgopt.report.model import Unit

# Below these a share says little: nobody waits for them.
LEAST_S = 0.2
LEAST_BYTES = 100_000


class Terms(msgspec.Struct, frozen=True):
    """By which share a build may be slower and an image bigger than in the base."""

    regression: float
    growth: float


def reasons_of(service: ServiceCheck, terms: Terms) -> Iterator[Reason]:
    """What is wrong with one service: its budgets first, then what got worse."""
    for verdict in service.budgets:
        if verdict.is_broken:
            yield _broken(service, verdict)
    if service.size is not None and (reason := _grown(service, service.size, terms.growth)):
        yield reason
    for comparison in service.comparisons:
        if reason := _slower(service, comparison, terms.regression):
            yield reason


def lint_reasons(lint: LintCheck) -> Iterator[Reason]:
    """The new findings that are severe enough."""
    for finding in lint.new:
        if lint.fail_on != "never" and finding.at_least(lint.fail_on):
            yield Reason(
                kind=Kind.LINT,
                service="",
                name=finding.title,
                dockerfile=finding.path,
                unit=Unit.COUNT,
                value=1,
                limit=0,
                over=1,
                most=Cost(finding.span.start.line, "", 1),
                message=finding.message,
            )


def _broken(service: ServiceCheck, verdict: Verdict) -> Reason:
    assert verdict.value is not None
    before, moved = _base_of(service, verdict.name)
    # The line that this change made dearer, unless the budget was broken without it.
    newly = before is not None and before <= verdict.limit
    return Reason(
        kind=Kind.BUDGET,
        service=service.service,
        name=verdict.name,
        dockerfile=service.dockerfile,
        unit=verdict.unit,
        value=verdict.value,
        limit=verdict.limit,
        over=verdict.over,
        before=before,
        most=moved if newly and moved else verdict.most,
    )


def _base_of(service: ServiceCheck, name: str) -> tuple[float | None, Cost | None]:
    """What a budget's value was in the base, and the line that moved it most."""
    if name == "size" and service.size is not None:
        return service.size.a_bytes, grown_line(service.size)
    found: Iterable[ServiceComparison] = (c for c in service.comparisons if c.scenario == name)
    comparison = next(iter(found), None)
    if comparison is None:
        return service.before.get(name), None
    return comparison.duration.a.median, slower_line(comparison.lines)


def _grown(service: ServiceCheck, size: SizeChange, growth: float) -> Reason | None:
    limit = size.a_bytes * (1 + growth)
    if size.b_bytes <= limit or size.b_bytes - size.a_bytes < LEAST_BYTES:
        return None
    return Reason(
        kind=Kind.SIZE,
        service=service.service,
        name="size",
        dockerfile=service.dockerfile,
        unit=Unit.BYTES,
        value=size.b_bytes,
        limit=limit,
        over=size.b_bytes - limit,
        before=size.a_bytes,
        most=grown_line(size),
    )


def _slower(
    service: ServiceCheck, comparison: ServiceComparison, regression: float
) -> Reason | None:
    a, b = comparison.duration.a.median, comparison.duration.b.median
    if not is_regression(comparison.duration, regression) or b - a < LEAST_S:
        return None
    limit = a * (1 + regression)
    return Reason(
        kind=Kind.TIME,
        service=service.service,
        name=comparison.scenario,
        dockerfile=service.dockerfile,
        unit=Unit.SECONDS,
        value=b,
        limit=limit,
        over=max(b - limit, 0.0),
        before=a,
        most=slower_line(comparison.lines),
    )

"""What fails a check, and how that is told."""

from __future__ import annotations

import pytest
from records import record

from imgopt.bench.compare import ServiceComparison, compare_records
from imgopt.dockerfile.model import Position, Span
from imgopt.formats.reasons import sentence
from imgopt.gate.reasons import Terms, lint_reasons, reasons_of
from imgopt.gate.result import (
    Kind,
    LineSize,
    LintCheck,
    ServiceCheck,
    SizeChange,
    State,
)
from imgopt.lint.finding import Finding
from imgopt.records.build import Step
from imgopt.report.budgets import Cost, Spent, judge
from imgopt.severity import Severity

TERMS = Terms(regression=0.1, growth=0.05)


def grown(a: int, b: int) -> SizeChange:
    line = LineSize(9, "COPY data /data", None, b - a)
    return SizeChange(a, b, (LineSize(1, "FROM x", a, a), line), b - a, 1)


def timed(a: float, b: float) -> ServiceComparison:
    samples = []
    for number in range(8):
        for side, seconds in (("A main", a), ("B", b)):
            took = seconds * (1 + number / 1000)
            step = Step("d", "[2/2] RUN work", "0", 4, 4, "RUN", 0.0, took, False)
            samples.append(record(0, scenario="code-change", variant=side, duration_s=took,
                                  steps=(step,)))  # fmt: skip
    (found,) = compare_records(samples, "main")
    return found


def check(**parts: object) -> ServiceCheck:
    return ServiceCheck(service="web", dockerfile="web/Dockerfile", state=State.CHANGED, **parts)


def test_an_image_that_grew_names_the_line() -> None:
    (reason,) = reasons_of(check(size=grown(100_000_000, 112_000_000)), TERMS)
    assert (reason.kind, reason.before, reason.over) == (Kind.SIZE, 100_000_000, 7_000_000)
    assert sentence(reason) == (
        "`web`: the image grew by 12.0 MB to 112.0 MB (+12 %); `web/Dockerfile:9` "
        "`COPY data /data` added 12.0 MB"
    )


@pytest.mark.parametrize(("a", "b"), [(100_000_000, 105_000_000), (10_000, 90_000), (9, 9), (9, 3)])
def test_small_growth_is_none(a: int, b: int) -> None:
    assert list(reasons_of(check(size=grown(a, b)), TERMS)) == []


def test_a_slower_build_names_the_line() -> None:
    (reason,) = reasons_of(check(comparisons=(timed(2.0, 3.0),)), TERMS)
    assert reason.kind is Kind.TIME
    assert sentence(reason) == (
        "`web`: code-change takes 3.01 s instead of 2.01 s, 1.50 times as long; "
        "`web/Dockerfile:4` `RUN work` added 1.00 s"
    )


@pytest.mark.parametrize(("a", "b"), [(2.0, 2.1), (3.0, 2.0), (0.1, 0.19)])
def test_what_is_not_slower_by_much_passes(a: float, b: float) -> None:
    assert list(reasons_of(check(comparisons=(timed(a, b),)), TERMS)) == []


def test_a_broken_budget_names_the_line_that_broke_it() -> None:
    most = Cost(1, "FROM x", 100e6)
    budgets = judge({"size": 110e6}, {"size": Spent(112e6, most)})
    (reason,) = reasons_of(check(budgets=budgets), TERMS)  # a record: nothing to compare with
    assert sentence(reason) == (
        "`web`: image size is 112.0 MB, 2.0 MB (2%) over its budget of 110.0 MB; "
        "`web/Dockerfile:1` `FROM x` takes most of it, 100.0 MB"
    )
    broke, _ = reasons_of(check(budgets=budgets, size=grown(100_000_000, 112_000_000)), TERMS)
    assert broke.most is not None
    assert (broke.most.line, broke.before) == (9, 100_000_000)
    before, _ = reasons_of(check(budgets=budgets, size=grown(111_000_000, 199_000_000)), TERMS)
    assert before.most == most
    assert sentence(before).endswith(
        "as it was before (111.0 MB); `web/Dockerfile:1` `FROM x` takes most of it, 100.0 MB"
    )


def test_a_budget_of_nothing_and_of_findings() -> None:
    budgets = judge(
        {"findings": 0, "code-change": 1.0},
        {"findings": Spent(2, Cost(3, "IMG101 copy-before-install", 1)), "code-change": Spent(3)},
    )
    findings, time = reasons_of(check(budgets=budgets), TERMS)
    assert sentence(findings) == (
        "`web`: number of findings is 2, 2 over its budget of 0; the worst is "
        "`web/Dockerfile:3` `IMG101 copy-before-install`"
    )
    assert "code-change build is 3.00 s, 2.00 s (200%) over its budget of 1.00 s" in sentence(time)


def test_findings_fail_from_a_severity_on() -> None:
    def finding(severity: Severity) -> Finding:
        span = Span(Position(4, 1), Position(4, 9))
        return Finding("IMG101", "copy-before-install", "cache", severity, "Move it.", "Dockerfile",
                       span)  # fmt: skip

    new = (finding(Severity.WARNING), finding(Severity.INFO))
    (reason,) = lint_reasons(LintCheck(1, new, 0, (), "warning"))
    assert sentence(reason) == "`Dockerfile:4`: IMG101 copy-before-install: Move it."
    assert not list(lint_reasons(LintCheck(1, new, 0, (), "never")))
    assert len(list(lint_reasons(LintCheck(1, new, 0, (), "info")))) == 2

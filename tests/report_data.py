"""Reports for tests of what is made of them: the same numbers give the same report."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha1

from imgopt.report.model import (
    Change,
    Delivery,
    Failed,
    Metric,
    Part,
    Point,
    ReportData,
    Sentence,
    Series,
    ServiceReport,
)

SERVICES = ("backend", "worker", "webhook", "dashboard", "postgres", "nats", "nginx", "migrations")
SCENARIOS = {"cold": 42.0, "code-change": 0.42, "deps-change": 9.1, "ci": 61.0}
START = datetime(2026, 1, 5, 9, tzinfo=UTC)
LINES = (
    (1, "FROM python:3.12-slim", 0.52),
    (6, "RUN apt-get update && apt-get install -y libpq5", 0.08),
    (9, "COPY requirements.txt ./", 0.001),
    (10, "RUN --mount=type=cache,target=/root/.cache pip install -r requirements.txt", 0.31),
    (14, "COPY . .", 0.03),
    (15, "RUN python -m compileall app", 0.02),
    (17, "RUN useradd app", 0.003),
    (20, "COPY --from=assets /out /srv/static", 0.036),
)
HOSTILE = (
    "<script>fetch('//evil.example/x')</script>",
    '"><img src=//evil.example/y onerror=alert(1)>',
    "$\\frac{$ \\textbf{x} $x^2$",
    "</script><script>alert(2)</script>",
    "size",
    "a/b",
    "a-b",
    "A-B",
    "\u202eevil\u202c\x1b[31m\x00\x07 red",
    "javascript:alert(3)//{{7*7}}{% raw %}",
    "日本語 ✓ 🐳",
    "@everyone | `x` [a](http://evil.example) <!channel>",
    "n" * 100_000,
)


def report(
    commits: int = 60,
    services: Sequence[str] = SERVICES,
    *,
    scenarios: Sequence[str] = ("cold", "code-change", "deps-change"),
    days: float = 90.0,
    failures: bool = True,
    breaks: bool = True,
    weekly: bool = False,
) -> ReportData:
    """A report with a story in it: for each service a step worse and one back, noise, a spread."""
    made = START + timedelta(days=days, hours=3)
    dates = [START + timedelta(days=days * n / max(commits - 1, 1)) for n in range(commits)]
    found = tuple(
        _service(name, number, dates, tuple(scenarios), failures, breaks)
        for number, name in enumerate(services)
    )
    return ReportData(
        made_at=made,
        since=START,
        weekly=weekly,
        services=found,
        sentences=_sentences(found),
        delivery=tuple(_delivery(name, n) for n, name in enumerate(services)),
    )


def commit(number: int) -> str:
    return sha1(str(number).encode(), usedforsecurity=False).hexdigest()


def subject(number: int) -> str:
    words = ("Add retry to the task queue", "Bump fastapi to 0.118", "Fix the webhook's signature",
             "Move COPY above the install", "Sort imports", "Cache npm's folder")  # fmt: skip
    return f"{words[number % len(words)]} (#{number + 100})"


def author(number: int) -> str:
    return ("Ana Pérez", "Jun Ito", "Sam O'Neil")[number % 3]


def _service(
    name: str,
    number: int,
    dates: Sequence[datetime],
    scenarios: tuple[str, ...],
    failures: bool,
    breaks: bool,
) -> ServiceReport:
    rng = random.Random(number)
    worse, better = int(len(dates) * (0.35 + 0.03 * (number % 10))), int(len(dates) * 0.75)
    half = len(dates) // 2 if breaks and number % 3 == 1 else len(dates)
    series: list[Series] = []
    for scenario in scenarios:
        base = SCENARIOS.get(scenario, 20.0) * (1 + 0.15 * number)
        steps = scenario == "code-change" and len(dates) > 3
        points = [
            _timed(n, at, base * (2.4 if steps and worse <= n < better else 1.0), rng)
            for n, at in enumerate(dates)
        ]
        series += _cut(name, Metric.TIME, scenario, points, half)
    size = 88e6 * (1 + 0.9 * number)
    points = [_sized(n, at, size, 1.45 if n >= worse else 1.0) for n, at in enumerate(dates)]
    series += _cut(name, Metric.SIZE, "", points, half)
    for metric, value in (
        (Metric.CACHE_HITS, lambda: round(rng.uniform(0.6, 0.95), 3)),
        (Metric.CONTEXT, lambda: float(rng.randrange(300_000, 420_000))),
        (Metric.PULL, lambda: rng.choice((2.4e6, 3.1e6, 88e6))),
        (Metric.FINDINGS, lambda: float(rng.randrange(2, 6))),
    ):
        points = [_plain(n, at, value()) for n, at in enumerate(dates)]
        series += _cut(name, metric, "", points, half)
    changes = _changes(name, dates, worse, better, scenarios) if len(dates) > 3 else ()
    failed = tuple(_failed(n, dates[n]) for n in range(4, len(dates), 23)) if failures else ()
    budgets = {"code-change": 2.0, "size": size * 1.3} if number % 2 == 0 else {}
    return ServiceReport(name, tuple(series), changes, failed, budgets)


def _cut(
    service: str, metric: Metric, scenario: str, points: Sequence[Point], half: int
) -> list[Series]:
    """One series, or two with a new engine between them."""
    parts = [(points[:half], "28.5"), (points[half:], "29.1")]
    return [
        Series(service, metric, scenario, "ci-large", f"docker {engine}", "shared", tuple(chosen))
        for chosen, engine in parts
        if chosen
    ]


def _point(number: int, at: datetime, value: float, **more: object) -> Point:
    fields = {"low": value, "high": value, "samples": (value,), "builds": (number,)} | more
    return Point(commit(number), False, at, subject(number), author(number), value, **fields)


def _timed(number: int, at: datetime, base: float, rng: random.Random) -> Point:
    samples = sorted(base * rng.lognormvariate(0, 0.06) for _ in range(5))
    return _point(
        number, at, samples[2], low=samples[1], high=samples[3], samples=tuple(samples),
        builds=tuple(range(number * 5, number * 5 + 5)),
    )  # fmt: skip


def _sized(number: int, at: datetime, base: float, grown: float) -> Point:
    parts = tuple(
        Part(line, text, float(round(base * share * (grown if line == 10 else 1.0))))
        for line, text, share in LINES
    )
    biggest = tuple(sorted(parts, key=lambda part: -part.value))
    return _point(number, at, sum(part.value for part in parts), parts=biggest)


def _plain(number: int, at: datetime, value: float) -> Point:
    return _point(number, at, value)


def _changes(
    service: str, dates: Sequence[datetime], worse: int, better: int, scenarios: Sequence[str]
) -> tuple[Change, ...]:
    def change(metric: Metric, scenario: str, at: int, before: float, after: float) -> Change:
        ratio = after / before
        return Change(
            service, metric, scenario, commit(at), dates[at], author(at), subject(at), before,
            after, ratio, ratio * 0.95, ratio * 1.05, 0.98,
            tuple(commit(n) for n in range(at - 2, at + 1)), 10, LINES[3][1], after - before,
        )  # fmt: skip

    made = [change(Metric.SIZE, "", worse, 88e6, 100.3e6)]
    if "code-change" in scenarios:
        made += [
            change(Metric.TIME, "code-change", worse, 0.42, 1.01),
            change(Metric.TIME, "code-change", better, 1.01, 0.42),
        ]
    return tuple(made)


def _failed(number: int, at: datetime) -> Failed:
    return Failed(
        commit(number), False, at, subject(number), author(number), "cold", (number,), 10,
        LINES[3][1], "process \"/bin/sh -c pip install\" did not complete: exit code: 1",
    )  # fmt: skip


def _sentences(services: Sequence[ServiceReport]) -> tuple[Sentence, ...]:
    found = [
        Sentence(
            f"{one.service}: a build after a change of code takes 1.0 s instead of 0.42 s since "
            f"{change.commit[:10]} (“{change.subject}”, {change.author}); line 10 took most of it.",
            "worse" if change.ratio > 1 else "better",
            one.service,
            change.commit,
        )
        for one in services[:3]
        for change in one.changes[1:]
    ]
    if found:
        look = Sentence(f"Look at {services[0].service} first.", "neutral", services[0].service)
        return (look, *found)
    return (Sentence("Nothing got better or worse.", "neutral"),)


def _delivery(service: str, number: int) -> Delivery:
    if number % 3 == 2:
        return Delivery(service, 40, 2, None, 0, None, None, None, None)
    return Delivery(service, 120 + number, 7, 312.0, 24, 1.9, 5400.0, 0.08, 1260.0)

"""The options of `imgopt check`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click
import msgspec

from imgopt.bench.options import DISPOSABLE, SHARED
from imgopt.bench.stats import MIN_EFFECT
from imgopt.cli import options as shared
from imgopt.cli.alerting import alert_options
from imgopt.cli.completion import ServiceName
from imgopt.cli.options import Output
from imgopt.cli.values import Seconds, Share
from imgopt.severity import FAIL_ON


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What the command line says, each field as the option of its name."""

    services: tuple[str, ...]
    measure: bool
    against: str
    scenarios: tuple[str, ...]
    runs: int | None
    time_budget: float
    timeout: float
    builder: str
    isolation: str | None
    fail_on: str | None
    fail_on_regression: float | None
    fail_on_growth: float | None
    min_effect: float
    alert: str | None
    alert_format: str | None
    comment: bool
    formats: tuple[Output, ...]
    output: Path | None
    history: str | None
    no_history: bool
    quiet: bool
    config: Path | None


def check_options(function: Callable[..., int]) -> Callable[..., int]:
    """All options of the command."""
    for group in (_shown, _built, _judged):
        function = group(function)
    return function


def _judged(function: Callable[..., int]) -> Callable[..., int]:
    return _decorated(
        function,
        click.argument("services", nargs=-1, type=ServiceName(), metavar="[SERVICE]..."),
        click.option("--measure", is_flag=True,
                     help="Build now, instead of judging by the last record in the history."),
        click.option("--against", default="", metavar="REF",
                     help="Check what has changed since HEAD left this git revision: lint, pairs "
                          "of builds, sizes and budgets."),
        click.option("--fail-on", type=click.Choice(FAIL_ON),
                     help="With --against, fail on new findings at least this severe.  "
                          "[default: warning]"),
        click.option("--fail-on-regression", type=Share(), metavar="SHARE",
                     help="With --against, fail when a build is slower by more.  [default: 10%]"),
        click.option("--fail-on-growth", type=Share(), metavar="SHARE",
                     help="With --against, fail when an image grows by more.  [default: 5%]"),
        click.option("--min-effect", type=Share(), default=MIN_EFFECT, metavar="SHARE",
                     help="Smallest difference that counts as faster or slower.  "
                          f"[default: {MIN_EFFECT:.0%}]"),
    )  # fmt: skip


def _built(function: Callable[..., int]) -> Callable[..., int]:
    return _decorated(
        function,
        click.option("--scenario", "scenarios", multiple=True, metavar="NAME[=RUNS]",
                     help="Build these scenarios.  [default: those that have a budget, and cold, "
                          "warm and code-change with --against]"),
        click.option("--runs", type=click.IntRange(1, 1000),
                     help="Samples or pairs of each scenario.  [default: 3]"),
        click.option("--time-budget", type=Seconds(), default=0.0, metavar="TIME",
                     help="Add pairs until the verdicts are settled or this time is up (10m)."),
        click.option("--timeout", type=Seconds(), default=0.0, metavar="TIME",
                     help="Stop a build that takes longer (20m).  [default: none]"),
        click.option("--builder", default="", help="A buildx builder.  [default: the current]"),
        click.option("--isolation", type=click.Choice((SHARED, DISPOSABLE)),
                     help="As of `imgopt bench`."),
    )  # fmt: skip


def _shown(function: Callable[..., int]) -> Callable[..., int]:
    return _decorated(
        function,
        shared.formats("check"),
        alert_options,
        click.option("--comment", is_flag=True,
                     help="Write the Markdown as a comment of this CI job's pull request (GitHub) "
                          "or merge request (GitLab), in place of an earlier one."),
        shared.history,
        click.option("--no-history", is_flag=True, help="Do not store the records."),
        shared.config,
        shared.quiet,
        shared.no_color,
    )  # fmt: skip


def _decorated(
    function: Callable[..., int], *decorators: Callable[[Callable[..., int]], Callable[..., int]]
) -> Callable[..., int]:
    for decorator in reversed(decorators):
        function = decorator(function)
    return function

"""The options of `imgopt backfill`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import click
import msgspec

from imgopt.bench.options import DISPOSABLE, SHARED
from imgopt.bench.registry import scenarios
from imgopt.cli import options as shared
from imgopt.cli.completion import ServiceName
from imgopt.cli.options import Output
from imgopt.cli.values import Seconds, Since


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What the command line says, each field as the option of its name."""

    range_: str
    since: datetime | None
    every: int
    merges_only: bool
    services: tuple[str, ...]
    scenarios: tuple[str, ...]
    runs: int | None
    bisect: bool
    limit: int | None
    time_budget: float
    retry_failed: bool
    dry_run: bool
    builder: str
    isolation: str | None
    network: str
    timeout: float
    formats: tuple[Output, ...]
    output: Path | None
    history: str | None
    config: Path | None
    quiet: bool


def backfill_options(function: Callable[..., int]) -> Callable[..., int]:
    """All options of the command."""
    for group in (_shown, _built, _measured, _chosen):
        for decorator in reversed(group()):
            function = decorator(function)
    return function


_Decorators = list[Callable[[Callable[..., int]], Callable[..., int]]]


def _chosen() -> _Decorators:
    return [
        click.argument("range_", metavar="[RANGE]", default=""),
        click.option("--since", type=Since(), metavar="TIME",
                     help="Only commits of the last time (8w, 30d), or since a date "
                          "(2026-01-31)."),
        click.option("--every", type=click.IntRange(min=1), default=1, metavar="N",
                     help="Only every N-th commit, counted from the newest."),
        click.option("--merges-only", is_flag=True, help="Only merge commits."),
        click.option("--service", "--services", "services", multiple=True, type=ServiceName(),
                     metavar="NAME", help="Only this service; repeatable, or with commas."),
        click.option("--bisect", is_flag=True,
                     help="Build both ends, then only what locates the steps between them."),
        click.option("--limit", type=click.IntRange(min=1), metavar="N",
                     help="Build at most N times a service; the rest is left for the next run."),
        click.option("--time-budget", type=Seconds(), default=0.0, metavar="TIME",
                     help="Begin no further build after this time (2h)."),
        click.option("--retry-failed", is_flag=True,
                     help="Build commits again whose builds failed."),
        click.option("--dry-run", is_flag=True, help="Only show which commits would be built."),
    ]  # fmt: skip


def _measured() -> _Decorators:
    usual = [one.name for one in scenarios().values() if one.is_usual]
    others = [one.name for one in scenarios().values() if not one.is_usual]
    return [
        click.option("--scenario", "scenarios", multiple=True, metavar="NAME[=RUNS]",
                     help=f"{', '.join(usual)} (these by default), {', '.join(others)}, or one of "
                          "[scenarios]; repeatable."),
        click.option("--runs", type=click.IntRange(1, 1000),
                     help="Samples of each scenario.  [default: 3]"),
        click.option("--timeout", type=Seconds(), default=0.0, metavar="TIME",
                     help="Stop a build that takes longer (20m).  [default: none]"),
    ]  # fmt: skip


def _built() -> _Decorators:
    return [
        click.option("--builder", default="", help="A buildx builder.  [default: the current]"),
        click.option("--isolation", type=click.Choice((SHARED, DISPOSABLE)),
                     help="As of `imgopt bench`."),
        click.option("--network", default="", help="Network of RUN: default, host, none."),
    ]  # fmt: skip


def _shown() -> _Decorators:
    return [
        shared.formats("backfill"),
        shared.history,
        shared.config,
        shared.quiet,
        shared.no_color,
    ]

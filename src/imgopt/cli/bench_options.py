"""The options of `imgopt bench`, in groups, and what they say as one object.

Which combinations make no sense is told by cli/bench.py.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click
import msgspec

from imgopt.bench.options import DISPOSABLE, SHARED
from imgopt.bench.registry import scenarios
from imgopt.bench.stats import MIN_EFFECT
from imgopt.cli import options as shared
from imgopt.cli.completion import ServiceName
from imgopt.cli.options import FormatType, Output
from imgopt.cli.values import Seconds, Share


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What the command line says, each field as the option of its name."""

    services: tuple[str, ...]
    file: Path | None
    target: str
    build_args: tuple[str, ...]
    runs: int | None
    scenarios: tuple[str, ...]
    builder: str
    isolation: str | None
    driver_opts: tuple[str, ...]
    cache_from: tuple[str, ...]
    cache_to: tuple[str, ...]
    network: str
    against: str
    against_file: Path | None
    against_builder: str
    fail_on_regression: float | None
    min_effect: float
    time_budget: float
    timeout: float
    keep_images: str
    annotate: bool
    exports: tuple[Output, ...]
    formats: tuple[Output, ...]
    output: Path | None
    history: str | None
    no_history: bool
    quiet: bool
    config: Path | None


def bench_options(function: Callable[..., int]) -> Callable[..., int]:
    """All options of the command; it takes their values as `Asked` does."""
    for group in (_shown, _compared, _built, _measured, _chosen):
        function = group(function)
    return function


def _decorated(
    function: Callable[..., int], *decorators: Callable[[Callable[..., int]], Callable[..., int]]
) -> Callable[..., int]:
    """The function with options that help lists in the order in which they are given here."""
    for decorator in reversed(decorators):
        function = decorator(function)
    return function


def _chosen(function: Callable[..., int]) -> Callable[..., int]:
    """Which services, of which Dockerfile and target, and with which arguments."""
    return _decorated(
        function,
        click.argument("services", nargs=-1, type=ServiceName(), metavar="[SERVICE|FOLDER]..."),
        click.option("--file", "-f", type=click.Path(path_type=Path, exists=True, dir_okay=False),
                     metavar="DOCKERFILE", help="Build this Dockerfile."),
        click.option("--target", default="", metavar="STAGE", help="Build this stage."),
        click.option("--build-arg", "build_args", multiple=True, metavar="NAME[=VALUE]",
                     help="As in `docker build`; repeatable."),
    )  # fmt: skip


def _measured(function: Callable[..., int]) -> Callable[..., int]:
    """Which scenarios, how often, and how long they may take."""
    usual = [one.name for one in scenarios().values() if one.is_usual]
    others = [one.name for one in scenarios().values() if not one.is_usual]
    return _decorated(
        function,
        click.option("--runs", type=click.IntRange(1, 1000),
                     help="Samples of each scenario, or pairs with --against.  [default: 3]"),
        click.option("--scenario", "scenarios", multiple=True, metavar="NAME[=RUNS]",
                     help=f"{', '.join(usual)} (these by default), {', '.join(others)}, or one of "
                          "[scenarios]; repeatable."),
        click.option("--time-budget", type=Seconds(), default=0.0, metavar="TIME",
                     help="Add pairs until the verdicts are settled or this time is up (10m)."),
        click.option("--timeout", type=Seconds(), default=0.0, metavar="TIME",
                     help="Stop a build that takes longer (20m).  [default: none]"),
    )  # fmt: skip


def _built(function: Callable[..., int]) -> Callable[..., int]:
    """On which builder, with which caches and limits."""
    return _decorated(
        function,
        click.option("--builder", default="", help="A buildx builder.  [default: the current]"),
        click.option("--isolation", type=click.Choice((SHARED, DISPOSABLE)),
                     help="disposable: a temporary docker-container builder, or a builder that "
                          "[bench] names as disposable; shared: only what the run made is "
                          "removed.  [default: what the builder is]"),
        click.option("--driver-opt", "driver_opts", multiple=True, metavar="KEY=VALUE",
                     help="For the temporary builder, as in `docker buildx create`; "
                          "repeatable."),
        click.option("--cache-from", multiple=True, metavar="CACHE",
                     help="What ci builds import, as in `docker buildx build`; {service} "
                          "stands for the service; repeatable.  [default: a cache of the run]"),
        click.option("--cache-to", multiple=True, metavar="CACHE",
                     help="Where ci builds export their cache; repeatable."),
        click.option("--network", default="", help="Network of RUN: default, host, none."),
        click.option("--keep-images", default="", metavar="PREFIX",
                     help="Keep each service's last image as PREFIX/SERVICE."),
    )  # fmt: skip


def _compared(function: Callable[..., int]) -> Callable[..., int]:
    """With what it is compared, and what counts as a regression."""
    return _decorated(
        function,
        click.option("--against", default="", metavar="REF",
                     help="Compare with this git reference, in pairs."),
        click.option("--against-file", type=click.Path(path_type=Path, exists=True,
                                                       dir_okay=False), metavar="DOCKERFILE",
                     help="Compare with another Dockerfile, in pairs."),
        click.option("--against-builder", default="", metavar="NAME",
                     help="Compare with another builder, in pairs."),
        click.option("--fail-on-regression", type=Share(), metavar="SHARE",
                     help="Exit 1 when a scenario is slower by more than that (10%), as the "
                          "interval says."),
        click.option("--min-effect", type=Share(), default=MIN_EFFECT, metavar="SHARE",
                     help="Smallest difference that counts as faster or slower.  "
                          f"[default: {MIN_EFFECT:.0%}]"),
    )  # fmt: skip


def _shown(function: Callable[..., int]) -> Callable[..., int]:
    """Where results go."""
    return _decorated(
        function,
        click.option("--annotate", is_flag=True,
                     help="Print each Dockerfile with the time each line takes in the margin."),
        shared.formats("bench"),
        click.option("--export", "exports", multiple=True, type=FormatType("bench"),
                     metavar="FORMAT:FILE", hidden=True),
        shared.history,
        click.option("--no-history", is_flag=True, help="Do not store the records."),
        shared.config,
        shared.quiet,
        shared.no_color,
    )  # fmt: skip

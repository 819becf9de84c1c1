"""`imgopt bench`."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

from imgopt import config as configuration
from imgopt.bench import scenario
from imgopt.bench.against import Baseline, against
from imgopt.bench.cache_transfer import imports_cache
from imgopt.bench.compare import ServiceComparison, regressions
from imgopt.bench.measure import bench
from imgopt.bench.options import DISPOSABLE, SHARED, Options
from imgopt.bench.tables import line_rows, scenario_rows
from imgopt.errors import BuildFailed, ConfigError, HistoryError
from imgopt.formats.live import Live
from imgopt.history.folder import NAME
from imgopt.history.store import History, default_url
from imgopt.project.image import Image
from imgopt.project.services import choose, images
from imgopt.records.build import BuildRecord

FORMATS = ("table", "json", "markdown", "csv")
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(s|m|min|h)?")
_UNITS = {None: 1, "s": 1, "m": 60, "min": 60, "h": 3600}


class _Share(click.ParamType[float]):
    """`10%` or `0.1`."""

    name = "share"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        if isinstance(value, float):
            return value
        text = str(value).strip()
        try:
            share = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
        except ValueError:
            self.fail(f"{value!r} is no share; write 10% or 0.1", param, ctx)
        if not 0 <= share < 100:
            self.fail(f"{value!r} must be between 0 and 10000%", param, ctx)
        return share


class _Seconds(click.ParamType[float]):
    """`90`, `90s`, `10m`, `1h`."""

    name = "duration"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        if isinstance(value, float):
            return value
        match = _DURATION.fullmatch(str(value).strip())
        if not match:
            self.fail(f"{value!r} is no duration; write 90s, 10m or 1h", param, ctx)
        return float(match[1]) * _UNITS[match[2]]


def _options(function: Callable[..., int]) -> Callable[..., int]:
    for decorator in reversed((
        click.argument("services", nargs=-1),
        click.option("--runs", type=click.IntRange(1, 1000),
                     help="Samples a scenario, or pairs with --against.  [default: 3]"),
        click.option("--scenario", "scenarios", multiple=True, metavar="NAME",
                     help="cold, warm, code-change, deps-change (default: these four), "
                          "base-change, ci, ci-code-change, one of [scenarios]; NAME=RUNS sets "
                          "its runs; repeatable."),
        click.option("--builder", default="", help="A buildx builder.  [default: the current]"),
        click.option("--isolation", type=click.Choice((SHARED, DISPOSABLE)),
                     help="disposable: a throw-away docker-container builder, or a builder that "
                          "[bench] names as disposable; shared: only what the run made is "
                          "removed.  [default: what the builder is]"),
        click.option("--driver-opt", "driver_opts", multiple=True, metavar="KEY=VALUE",
                     help="For the throw-away builder, as of `docker buildx create`; "
                          "repeatable."),
        click.option("--cache-from", multiple=True, metavar="CACHE",
                     help="What ci builds import, as of `docker buildx build`; {service} in it "
                          "is the service; repeatable.  [default: a cache of the run]"),
        click.option("--cache-to", multiple=True, metavar="CACHE",
                     help="Where the cache of ci builds is exported to; repeatable."),
        click.option("--network", default="", help="Network of RUN: default, host, none."),
        click.option("--against", "reference", default="", metavar="REF",
                     help="Compare with this git reference, in pairs."),
        click.option("--against-file", type=click.Path(path_type=Path, exists=True,
                                                       dir_okay=False), metavar="DOCKERFILE",
                     help="Compare with another Dockerfile, in pairs."),
        click.option("--against-builder", default="", metavar="NAME",
                     help="Compare with another builder, in pairs."),
        click.option("--fail-on-regression", type=_Share(), metavar="SHARE",
                     help="Exit 1 when a scenario is slower by more than that (10%), as the "
                          "interval says."),
        click.option("--min-effect", type=_Share(), default=0.06, show_default="6%",
                     help="The smallest difference that gets a verdict."),
        click.option("--time-budget", type=_Seconds(), default=0.0, metavar="TIME",
                     help="Add pairs until the verdicts are settled or this is spent (10m)."),
        click.option("--timeout", type=_Seconds(), default=0.0, metavar="TIME",
                     help="End a build that takes longer (20m).  [default: none]"),
        click.option("--keep-images", default="", metavar="PREFIX",
                     help="Keep each service's last image as PREFIX/SERVICE."),
        click.option("--annotate", "annotated", is_flag=True,
                     help="Print each Dockerfile with the price of its lines in the margin."),
        click.option("--format", "format_", type=click.Choice(FORMATS), default="table"),
        click.option("--export", "exports", multiple=True, metavar="FORMAT:FILE",
                     help="Write this format to a file too; repeatable."),
        click.option("--history", metavar="URL",
                     help="Database.  [default: .imgopt/history.db]"),
        click.option("--no-history", is_flag=True, help="Do not store the records."),
        click.option("--quiet", "-q", is_flag=True, help="No progress on stderr."),
        click.option("--config", type=click.Path(path_type=Path, exists=True),
                     help="Configuration file."),
    )):  # fmt: skip
        function = decorator(function)
    return function


@click.command("bench")
@_options
def command(
    services: tuple[str, ...],
    runs: int | None,
    scenarios: tuple[str, ...],
    builder: str,
    isolation: str | None,
    driver_opts: tuple[str, ...],
    cache_from: tuple[str, ...],
    cache_to: tuple[str, ...],
    network: str,
    reference: str,
    against_file: Path | None,
    against_builder: str,
    fail_on_regression: float | None,
    min_effect: float,
    time_budget: float,
    timeout: float,
    keep_images: str,
    annotated: bool,
    format_: str,
    exports: tuple[str, ...],
    history: str | None,
    no_history: bool,
    quiet: bool,
    config: Path | None,
) -> int:
    """Measure the builds of SERVICES (default: all of imgopt.toml or docker-compose.yml).

    Each scenario is built several times on a real BuildKit, in a copy of the build context: cold
    (no cache, empty cache mounts; base images stay), warm (nothing changed), code-change and
    deps-change (one file edited). What the run made is removed from the builder afterwards.
    """
    settings = configuration.load(Path.cwd(), config)
    chosen = choose(known_services(settings), services)
    bench_settings = settings.settings.bench
    names = [part for value in scenarios for part in value.split(",") if part]
    for image in chosen:
        scenario.choose(list(image.scenarios), 1, settings.settings.scenarios)
    options = Options(
        scenario.choose(
            names or list(bench_settings.scenarios),
            runs or bench_settings.runs,
            settings.settings.scenarios,
        ),
        builder or bench_settings.builder,
        network,
        keep_images,
        settings.settings.scenarios,
        timeout,
        settings.root / NAME / "logs",
        bench_settings.isolation if isolation is None else isolation,
        tuple(bench_settings.disposable),
        driver_opts or tuple(bench_settings.driver_opts),
        cache_from or tuple(bench_settings.cache_from),
        cache_to or tuple(bench_settings.cache_to),
    )
    _check_use(options, cache_from + cache_to, driver_opts)
    if annotated and format_ != "table":
        raise ConfigError("--annotate goes with --format table; --export writes the others")
    baseline = _baseline(reference, against_file, against_builder)
    if baseline is None and (fail_on_regression is not None or time_budget):
        raise ConfigError(
            "--fail-on-regression and --time-budget compare: name what with --against, "
            "--against-file or --against-builder"
        )
    files = [_export(item) for item in exports]
    store = None
    if not no_history:
        store = History(history or settings.settings.history.url or default_url(settings.root))
        store.require_writable()
    comparisons: list[ServiceComparison] = []
    kept: list[BuildRecord] = []
    try:
        with Live(quiet, kept.append) as live:
            if baseline is None:
                measured = bench(chosen, options, live)
            else:
                measured, comparisons = against(
                    chosen, baseline, options, live, time_budget, min_effect, fail_on_regression
                )
    except BaseException:
        if kept and store is not None:
            said = _store(store, kept) or f"the {len(kept)} samples until then are stored"
            click.echo(f"imgopt: {said}", err=True)
        raise
    records = measured.records
    problem = _store(store, records)
    if records or not measured.failures:
        _show(records, comparisons, format_)
        if annotated:
            _annotate(records, chosen)
        for name, file in files:
            _write(file, _text(records, comparisons, name))
    if problem:
        raise problem
    if measured.failures:
        raise BuildFailed("\n".join(str(error) for error in measured.failures))
    worse = regressions(comparisons, fail_on_regression) if fail_on_regression is not None else []
    for row in worse:
        share = f"{fail_on_regression:.0%}"
        click.echo(f"imgopt: {row.service} {row.scenario} is slower by more than {share}", err=True)
    return int(bool(worse))


def _check_use(options: Options, caches: tuple[str, ...], driver_opts: tuple[str, ...]) -> None:
    """ConfigError for options of this command that nothing would use."""
    if caches and not any(imports_cache(name, options) for name in options.scenarios):
        raise ConfigError(
            "--cache-from and --cache-to are for builds on an empty builder: add --scenario ci "
            "or ci-code-change"
        )
    if driver_opts and (options.isolation != DISPOSABLE or options.builder):
        raise ConfigError(
            "--driver-opt is for a throw-away builder: --isolation disposable without --builder"
        )


def _store(store: History | None, records: Sequence[BuildRecord]) -> HistoryError | None:
    """Store records; what went wrong is for the caller, who still has them to show."""
    if store is None:
        return None
    try:
        store.add(records)
        store.close()
    except HistoryError as error:
        return error
    return None


def _baseline(reference: str, file: Path | None, builder: str) -> Baseline | None:
    given = [bool(reference), file is not None, bool(builder)]
    if sum(given) > 1:
        raise ConfigError("--against, --against-file and --against-builder: one at a time")
    return Baseline(reference, file, builder) if any(given) else None


def _export(item: str) -> tuple[str, Path]:
    name, colon, file = item.partition(":")
    if name not in FORMATS or not colon or not file:
        raise ConfigError(f"--export {item!r}: write FORMAT:FILE, FORMAT of {', '.join(FORMATS)}")
    folder = Path(file).absolute().parent
    if not os.path.isdir(folder):
        raise ConfigError(f"--export {item!r}: there is no folder {folder}")
    return name, Path(file)


def _write(file: Path, text: str) -> None:
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{file}: cannot write it ({error.strerror})") from error


def _show(
    records: Sequence[BuildRecord], comparisons: Sequence[ServiceComparison], format_: str
) -> None:
    if format_ != "table":
        click.echo(_text(records, comparisons, format_), nl=False)
        return
    from rich.console import Console

    _table(records, comparisons, Console(highlight=False, markup=False, emoji=False))


def _table(
    records: Sequence[BuildRecord], comparisons: Sequence[ServiceComparison], console: Any
) -> None:
    from imgopt.formats import bench_compare, bench_table

    if comparisons:
        bench_compare.write(comparisons, console)
    else:
        bench_table.write(scenario_rows(records), line_rows(records), console)


def _annotate(records: Sequence[BuildRecord], chosen: Sequence[Image]) -> None:
    from rich.console import Console

    from imgopt.bench.annotate import annotate
    from imgopt.formats import bench_annotate

    console = Console(highlight=False, markup=False, emoji=False)
    own = [record for record in records if not record.variant.startswith("A")]
    for image in chosen:
        text = image.dockerfile.read_text(encoding="utf-8", errors="replace")
        console.print()
        bench_annotate.write(annotate(own, image.name, text), console)


def _text(
    records: Sequence[BuildRecord], comparisons: Sequence[ServiceComparison], format_: str
) -> str:
    from imgopt.formats import bench_csv, bench_json, bench_markdown

    if format_ == "json":
        return bench_json.render(records, comparisons)
    if format_ == "markdown":
        return bench_markdown.render(records, comparisons)
    if format_ == "csv":
        return bench_csv.render(records)
    import io

    from rich.console import Console

    buffer = io.StringIO()
    _table(records, comparisons, Console(file=buffer, width=120, no_color=True))
    return buffer.getvalue()


def known_services(settings: configuration.Config) -> list[Image]:
    """The images that can be measured; ConfigError when there is none."""
    known = images(settings, Path.cwd())
    if not known and (Path.cwd() / "Dockerfile").is_file():
        here = Path.cwd().resolve()
        known = [Image(here.name, here, here / "Dockerfile")]
    if not known:
        raise ConfigError(
            "no services: write [services.NAME] into imgopt.toml, or run where there is a "
            "docker-compose.yml or a Dockerfile"
        )
    return known

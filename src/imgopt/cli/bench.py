"""`imgopt bench`: options checked, services measured, records kept, results shown, a verdict.

Measuring itself is in bench/.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from imgopt import config as configuration
from imgopt.bench.against import Aim, against
from imgopt.bench.annotate import Annotation, annotate
from imgopt.bench.baseline import Baseline
from imgopt.bench.compare import ServiceComparison, regressions
from imgopt.bench.kept import kept_names
from imgopt.bench.measure import measure
from imgopt.bench.options import DISPOSABLE, Measured, Options
from imgopt.bench.registry import Planned, plan, scenarios
from imgopt.bench.result import BenchResult
from imgopt.bench.variation import Start
from imgopt.cli.bench_options import Asked, bench_options
from imgopt.cli.messages import say
from imgopt.cli.options import Output, outputs, placed, show
from imgopt.cli.values import build_args
from imgopt.config import Config
from imgopt.docker.info import info
from imgopt.dockerfile.parse import MAX_SIZE_BYTES
from imgopt.errors import BuildFailed, ConfigError, HistoryError
from imgopt.files import read_regular
from imgopt.formats.live import Live
from imgopt.history.folder import NAME
from imgopt.history.opening import open_history
from imgopt.history.store import History
from imgopt.project.image import Image
from imgopt.project.services import Changes, select
from imgopt.records.build import BuildRecord
from imgopt.records.variant import Side


@click.command("bench")
@bench_options
def command(**given: Any) -> int:
    """Measure the builds of services, or of folders with a Dockerfile.

    Default: all services of imgopt.toml and docker-compose.yml, else the Dockerfile here.

    Each scenario is built several times on a real BuildKit, in a copy of the build context: cold
    (no cache, empty cache mounts; base images stay), warm (nothing changed), code-change and
    deps-change (one file edited). Afterwards, what the run created is removed from the builder.
    """
    asked = Asked(**given)
    config = configuration.load(Path.cwd(), asked.config)
    changes = Changes(asked.file, asked.target, build_args(asked.build_args))
    images = select(config, Path.cwd(), asked.services, changes)
    wanted = _plan(asked, config, images)
    options = _options(asked, config)
    baseline = _baseline(asked)
    _check_use(asked, wanted, options, baseline)
    if options.keep_images:
        kept_names(images, options.keep_images)
    places = _places(asked)
    store = _store(asked, config)
    measured, comparisons = _measure(asked, images, wanted, options, baseline, store)
    problem = _keep(store, measured.records)
    if measured.records or not measured.failures:
        annotations = _annotations(measured.records, images) if asked.annotate else ()
        show("bench", BenchResult(measured.records, comparisons, annotations), places)
    if problem:
        raise problem
    if measured.failures:
        raise BuildFailed("\n".join(str(error) for error in measured.failures))
    return _verdict(comparisons, asked.fail_on_regression)


def _plan(asked: Asked, config: Config, images: Sequence[Image]) -> tuple[Planned, ...]:
    """The scenarios of the run with their samples; ConfigError for a name that means none."""
    settings = config.settings
    for image in images:
        plan(image.scenarios, 1, settings.scenarios)  # a name that is wrong there
    names = [part for value in asked.scenarios for part in value.split(",") if part]
    runs = asked.runs or settings.bench.runs
    return plan(names or settings.bench.scenarios, runs, settings.scenarios)


def _options(asked: Asked, config: Config) -> Options:
    """How builds run: what the command line says, else the configuration."""
    defaults = config.settings.bench
    return Options(
        builder=asked.builder or defaults.builder,
        network=asked.network,
        keep_images=asked.keep_images,
        timeout_s=asked.timeout,
        logs=config.root / NAME / "logs",
        isolation=defaults.isolation if asked.isolation is None else asked.isolation,
        disposable=tuple(defaults.disposable),
        driver_options=asked.driver_opts or tuple(defaults.driver_opts),
        cache_from=asked.cache_from or tuple(defaults.cache_from),
        cache_to=asked.cache_to or tuple(defaults.cache_to),
    )


def _baseline(asked: Asked) -> Baseline | None:
    """What builds are compared with, None for nothing; ConfigError for two of it."""
    given = [bool(asked.against), asked.against_file is not None, bool(asked.against_builder)]
    if sum(given) > 1:
        raise ConfigError("--against, --against-file and --against-builder: one at a time")
    if not any(given):
        return None
    return Baseline(asked.against, asked.against_file, asked.against_builder)


def _check_use(
    asked: Asked, wanted: Sequence[Planned], options: Options, baseline: Baseline | None
) -> None:
    """ConfigError for options of this command that nothing would use."""
    caches = asked.cache_from or asked.cache_to
    if caches and not any(planned.scenario.start is Start.CACHE for planned in wanted):
        ways = [name for name, one in scenarios().items() if one.start is Start.CACHE]
        raise ConfigError(
            "--cache-from and --cache-to are for builds on an empty builder: add --scenario "
            f"{' or '.join(ways)}"
        )
    if asked.driver_opts and (options.isolation != DISPOSABLE or options.builder):
        raise ConfigError(
            "--driver-opt is for a temporary builder: --isolation disposable without --builder"
        )
    if baseline is None and (asked.fail_on_regression is not None or asked.time_budget):
        raise ConfigError(
            "--fail-on-regression and --time-budget need a comparison: add --against, "
            "--against-file or --against-builder"
        )
    if baseline is not None and options.keep_images:
        raise ConfigError("--keep-images cannot be used in a comparison, which builds two variants")


def _places(asked: Asked) -> list[Output]:
    """Where each format goes. What --export names comes beside the others."""
    if any(file is None for _, file in asked.exports):
        raise ConfigError("--export: write FORMAT:FILE")
    found = placed([*outputs(asked.formats, asked.output), *asked.exports])
    if asked.annotate and "text" not in {name for name, _ in found}:
        raise ConfigError(
            "--annotate is for the text format: add --format text:FILE or drop --annotate"
        )
    return found


def _store(asked: Asked, config: Config) -> History | None:
    """The history that records go to, None for none; HistoryError when it takes none.

    Where there is no folder `.imgopt` yet, none is made before an engine answers.
    """
    if asked.no_history:
        return None
    if not os.path.isdir(config.root / NAME):
        info()
    store = open_history(asked.history or config.settings.history.url, config.root)
    store.require_writable()
    return store


def _measure(
    asked: Asked,
    images: Sequence[Image],
    wanted: Sequence[Planned],
    options: Options,
    baseline: Baseline | None,
    store: History | None,
) -> tuple[Measured, Sequence[ServiceComparison]]:
    """Measure; what was measured before it is broken off is stored, too."""
    samples: list[BuildRecord] = []
    try:
        with Live(asked.quiet, samples.append) as live:
            if baseline is None:
                return measure(images, wanted, options, live), ()
            aim = Aim(asked.min_effect, asked.fail_on_regression, asked.time_budget)
            return against(images, wanted, baseline, options, live, aim)
    except BaseException:
        if samples and store is not None:
            problem = _keep(store, samples)
            say(str(problem or f"the {len(samples)} samples until then are stored"))
        raise


def _keep(store: History | None, records: Sequence[BuildRecord]) -> HistoryError | None:
    """Store records; what went wrong is for the caller, who still has them to show."""
    if store is None:
        return None
    try:
        store.add(records)
        store.close()
    except HistoryError as error:
        return error
    return None


def _annotations(records: Sequence[BuildRecord], images: Sequence[Image]) -> list[Annotation]:
    """The Dockerfile of each service with what its lines cost, empty files left out."""
    own = [record for record in records if record.side is not Side.A]
    return [
        annotate(own, image.name, data.decode("utf-8", errors="replace"))
        for image in images
        if (data := read_regular(image.dockerfile, MAX_SIZE_BYTES))
    ]


def _verdict(comparisons: Sequence[ServiceComparison], regression: float | None) -> int:
    """The exit code; each regression is named."""
    worse = regressions(comparisons, regression) if regression is not None else []
    for row in worse:
        say(f"{row.service} {row.scenario} is slower by more than {regression:.0%}")
    return int(bool(worse))

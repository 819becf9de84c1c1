"""Runs scenarios of services on a builder, one service after the other."""

from __future__ import annotations

from imgopt.bench import cache_transfer as caches
from imgopt.bench.options import Measured, Options, Watcher
from imgopt.bench.sampler import Service
from imgopt.bench.session import Run, tag_part
from imgopt.bench.workspace import Workspace
from imgopt.docker.images import tag
from imgopt.errors import ConfigError
from imgopt.project.image import Image


def bench(images: list[Image], options: Options, watcher: Watcher) -> Measured:
    """Measure every scenario of every image.

    A build that fails ends its scenario; what is wrong with the engine ends the run. Whatever
    happens, images and cache records that the run made are removed from the builder.
    """
    wanted = [(image, scenarios_of(image, options)) for image in images]
    caches.check(options, len(images))
    found = Measured([], [])
    with Run(options, watcher) as run:
        require_disposable([run], [s for _, s in wanted], options)
        watcher.plan({(image.name, name): n for image, s in wanted for name, n in s.items()})
        for image, scenarios in wanted:
            with Workspace(image) as workspace:
                one = Service(image, workspace, run, options, watcher)
                own = one.measure(scenarios)
                found.records.extend(own.records)
                found.failures.extend(own.failures)
            if options.keep_images and not own.failures:
                kept = f"{options.keep_images}/{tag_part(image.name).lower()}"
                tag(run.tags[-1], kept)
    return found


def scenarios_of(image: Image, options: Options) -> dict[str, int]:
    """The run's scenarios; a service may name the only ones that make sense for it."""
    allowed = image.scenarios or tuple(options.scenarios)
    return {name: runs for name, runs in options.scenarios.items() if name in allowed}


def require_disposable(runs: list[Run], scenarios: list[dict[str, int]], options: Options) -> None:
    """ConfigError when a scenario empties a builder that must not be emptied."""
    empties = [
        name for wanted in scenarios for name in wanted if caches.imports_cache(name, options)
    ]
    if empties and not all(run.is_disposable for run in runs):
        raise ConfigError(
            f"{empties[0]} empties the builder; run with --isolation disposable, which makes a "
            f"throw-away one, or name a builder that may be emptied under [bench] disposable"
        )

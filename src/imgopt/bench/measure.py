"""Measures scenarios of services on a builder, one service after the other."""

from __future__ import annotations

from collections.abc import Sequence

from imgopt.bench import cache_transfer
from imgopt.bench.kept import kept_names
from imgopt.bench.options import Measured, Options, Watcher
from imgopt.bench.registry import Planned
from imgopt.bench.sampler import Sampler
from imgopt.bench.session import Session
from imgopt.bench.variation import Start
from imgopt.bench.workspace import Workspace
from imgopt.docker.images import tag
from imgopt.errors import BuildFailed, ConfigError
from imgopt.project.image import Image


def measure(
    images: Sequence[Image], plan: Sequence[Planned], options: Options, watcher: Watcher
) -> Measured:
    """Measure every scenario of every image.

    A build that fails ends its scenario; what is wrong with the engine ends the run. Whatever
    happens, images and cache records that the run made are removed from the builder.
    """
    plans = [plan_of(image, plan) for image in images]
    kept = kept_names(images, options.keep_images) if options.keep_images else {}
    cache_transfer.check(options, len(images))
    found = Measured([], [])
    with Session(options, watcher) as session:
        require_disposable([session], plans)
        watcher.plan(samples(images, plans))
        for image, own_plan in zip(images, plans, strict=True):
            with Workspace(image, session.folder) as workspace:
                try:
                    sampler = Sampler(image, workspace, session, options, watcher)
                except BuildFailed as error:  # a Dockerfile that cannot be read
                    found.failures.append(error)
                    continue
                own = sampler.measure(own_plan)
            session.sizes.read()
            found.records.extend(map(session.sizes.exact, own.records))
            found.failures.extend(own.failures)
            if options.waste and (searched := sampler.last_image()):
                found.images[image.name] = searched
            if kept and own.records and not own.failures:
                tag(session.tags[-1], kept[image.name])
    return found


def plan_of(image: Image, plan: Sequence[Planned]) -> list[Planned]:
    """The run's scenarios; a service may name the only ones that make sense for it."""
    return [p for p in plan if not image.scenarios or p.scenario.name in image.scenarios]


def samples(
    images: Sequence[Image], plans: Sequence[Sequence[Planned]]
) -> dict[tuple[str, str], int]:
    """How many there will be, by service and scenario."""
    return {
        (image.name, planned.scenario.name): planned.runs
        for image, own in zip(images, plans, strict=True)
        for planned in own
    }


def require_disposable(sessions: Sequence[Session], plans: Sequence[Sequence[Planned]]) -> None:
    """ConfigError when a scenario empties a builder that must not be emptied."""
    empties = [p.scenario.name for own in plans for p in own if p.scenario.start is Start.CACHE]
    if empties and not all(session.is_disposable for session in sessions):
        raise ConfigError(
            f"{empties[0]} empties the builder; run with --isolation disposable, which makes a "
            f"temporary one, or name a builder that may be emptied under [bench] disposable"
        )

"""Which images a project has: [services], else the builds of compose and bake files."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterable
from pathlib import Path

from imgopt.config import Config, Service
from imgopt.errors import ConfigError
from imgopt.project.compose import absolute_context, compose_images, find_compose
from imgopt.project.image import Image


def images(config: Config, start: Path) -> list[Image]:
    """All images that a Dockerfile builds: [services] if there are any, else those of compose."""
    if config.settings.services:
        return configured(config)
    compose = find_compose(start)
    found = compose_images(compose) if compose else []
    return [image for image in found if image.inline is None]


def configured(config: Config) -> list[Image]:
    """The images of [services]; ConfigError for a path that no file system can have."""
    return [
        _configured(name, service, config) for name, service in config.settings.services.items()
    ]


def _configured(name: str, service: Service, config: Config) -> Image:
    try:
        context = Path(os.path.realpath(config.root / service.context))
        dockerfile = context / "Dockerfile"
        if service.dockerfile:
            dockerfile = Path(os.path.realpath(config.root / service.dockerfile))
        contexts = {k: absolute_context(v, config.root) for k, v in service.contexts.items()}
    except ValueError as error:  # a NUL byte in a path
        raise ConfigError(f"{config.source}: [services.{name}]: {error}") from error
    return Image(
        name,
        context,
        dockerfile,
        service.target,
        dict(service.build_args),
        tuple(service.scenarios),
        service.network,
        contexts,
    )


def choose(known: list[Image], names: Iterable[str]) -> list[Image]:
    """The named images, all distinct builds without names; ConfigError for an unknown name."""
    wanted = list(dict.fromkeys(names))
    if not wanted:
        distinct: list[Image] = []
        for image in known:
            if not any(image.same_build(other) for other in distinct):
                distinct.append(image)
        return distinct
    by_name = {image.name: image for image in known}
    for name in wanted:
        if name not in by_name:
            near = difflib.get_close_matches(name, by_name, n=1)
            hint = (
                f"did you mean {near[0]!r}?" if near else f"known: {', '.join(by_name) or 'none'}"
            )
            raise ConfigError(f"unknown service {name!r}; {hint}")
    return [by_name[name] for name in wanted]

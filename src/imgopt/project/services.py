"""Which images a project has: [services], the builds of compose files, and single folders."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import msgspec

from imgopt.config import Config, Service
from imgopt.errors import ConfigError
from imgopt.project.compose import absolute_context, compose_images, find_compose
from imgopt.project.image import Image


class Changes(msgspec.Struct, frozen=True):
    """What the command line says of the chosen images: another Dockerfile or target, and build
    arguments that are added to theirs."""

    dockerfile: Path | None = None
    target: str = ""
    build_args: Mapping[str, str] = {}

    def applied(self, image: Image) -> Image:
        """The image with these changes."""
        return msgspec.structs.replace(
            image,
            dockerfile=_real(self.dockerfile) if self.dockerfile else image.dockerfile,
            target=self.target or image.target,
            build_args={**image.build_args, **self.build_args},
        )


def images(config: Config, start: Path) -> list[Image]:
    """All images that a Dockerfile builds: those of [services], and those of compose."""
    compose = find_compose(start)
    found = compose_images(compose) if compose else []
    return merged(configured(config), [image for image in found if image.inline is None])


def merged(own: Sequence[Image], found: Iterable[Image]) -> list[Image]:
    """Configured images and others: a configured one replaces those of its name, unless the
    configuration says nothing of its build (but a budget)."""
    others = list(found)
    theirs = {image.name for image in others}
    kept = [image for image in own if not (image.only_named and image.name in theirs)]
    names = {image.name for image in kept}
    return [*kept, *(image for image in others if image.name not in names)]


def configured(config: Config) -> list[Image]:
    """The images of [services]; ConfigError for a path that no file system can have."""
    return [
        _configured(name, service, config) for name, service in config.settings.services.items()
    ]


def _configured(name: str, service: Service, config: Config) -> Image:
    try:
        context = _real(config.root / service.context)
        dockerfile = context / "Dockerfile"
        if service.dockerfile:
            dockerfile = _real(config.root / service.dockerfile)
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
        only_named=msgspec.structs.replace(service, budget={}) == Service(),
    )


def select(
    config: Config, start: Path, words: Sequence[str], changes: Changes | None = None
) -> list[Image]:
    """The images that services and folders on the command line name; without any, those that are
    built from the Dockerfile that `changes` name, or else all distinct builds.

    Raises ConfigError for an unknown service, a folder that is not there, and where there is
    nothing to build.
    """
    changes = changes or Changes()
    if changes.dockerfile is not None and len(words) > 1:
        raise ConfigError("--file needs a single service: name one")
    known = _known(config, start, words)
    if words:
        return [changes.applied(_named(word, known, start)) for word in dict.fromkeys(words)]
    chosen = _unnamed(known, start, changes)
    if not chosen:
        raise ConfigError(
            "no services: write [services.NAME] into imgopt.toml, name a folder, or run where "
            "there is a docker-compose.yml or a Dockerfile"
        )
    return _distinct([changes.applied(image) for image in chosen])


def _known(config: Config, start: Path, words: Sequence[str]) -> list[Image]:
    """All services; the configured ones alone where the compose file cannot be read and `words`
    name only them, and folders."""
    try:
        return images(config, start)
    except ConfigError:
        own = configured(config)
        names = {image.name for image in own}
        if not words or not all(word in names or _is_path(word) for word in words):
            raise
        return own


def _unnamed(known: list[Image], start: Path, changes: Changes) -> list[Image]:
    """What is built where nothing is named: the Dockerfile of --file, all services, or what
    `docker build .` does."""
    if changes.dockerfile is not None:
        file = _real(changes.dockerfile)
        return [image for image in known if image.dockerfile == file] or [_folder(start, known)]
    if known or not (start / "Dockerfile").is_file():
        return known
    return [_folder(start, known)]


def _distinct(known: Sequence[Image]) -> list[Image]:
    found: list[Image] = []
    for image in known:
        if not any(image.same_build(other) for other in found):
            found.append(image)
    return found


def _named(word: str, known: Sequence[Image], start: Path) -> Image:
    """A service, else a folder with a Dockerfile."""
    by_name = {image.name: image for image in known}
    if word in by_name:
        return by_name[word]
    if os.path.isdir(start / word):
        return _folder(start / word, known)
    if _is_path(word):
        raise ConfigError(f"{word}: no such folder")
    import difflib

    near = difflib.get_close_matches(word, by_name, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(by_name) or 'none'}"
    raise ConfigError(f"unknown service {word!r}; {hint}")


def _folder(folder: Path, known: Sequence[Image]) -> Image:
    """What `docker build FOLDER` builds, called as the folder is where no service is."""
    context = _real(folder)
    made = Image(context.name or "root", context, context / "Dockerfile")
    if same := next((image for image in known if image.same_build(made)), None):
        return same
    if any(image.name == made.name for image in known):
        return msgspec.structs.replace(made, name=f"./{made.name}")
    return made


def _is_path(word: str) -> bool:
    return "/" in word or word in (".", "..")


def _real(path: Path) -> Path:
    """Absolute, links followed; unlike Path.resolve, a loop of links is no error."""
    return Path(os.path.realpath(path))

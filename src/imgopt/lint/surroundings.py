"""What lies around a Dockerfile: the services that build it, their targets, its build context."""

from __future__ import annotations

import os
from functools import cached_property
from pathlib import Path

from imgopt.config import Config
from imgopt.context.build_context import BuildContext
from imgopt.dockerfile.model import Dockerfile
from imgopt.lint.engine import Surroundings
from imgopt.project import Image, find_compose, images


class Neighbourhood:
    """Looks up the surroundings of many Dockerfiles of one project."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._by_compose: dict[Path | None, list[Image]] = {}

    @cached_property
    def _configured(self) -> list[Image]:
        return images(self._config, self._config.root) if self._config.settings.services else []

    def of(self, dockerfile: Path, file: Dockerfile) -> Surroundings:
        """Targets, context and build args of a Dockerfile, as far as anything tells them."""
        path = Path(os.path.realpath(dockerfile))  # Path.resolve raises in a loop of links
        services = [image for image in self._services(path) if image.dockerfile == path]
        if services:
            first = services[0]
            targets = tuple(dict.fromkeys(s.target for s in services))
            return Surroundings(
                tuple(t for t in targets if t) if all(targets) else (),
                BuildContext(first.context, path),
                dict(first.build_args) if len(services) == 1 else {},
                frozenset(name.lower() for s in services for name in s.contexts),
                context_is_certain=True,
            )
        context = guess_context(path, file)
        return Surroundings(context=BuildContext(context, path) if context else None)

    def _services(self, path: Path) -> list[Image]:
        if self._configured:
            return self._configured
        compose = find_compose(path.parent)
        if compose not in self._by_compose:
            self._by_compose[compose] = images(self._config, path.parent) if compose else []
        return self._by_compose[compose]


def guess_context(path: Path, file: Dockerfile) -> Path | None:
    """The folder that a Dockerfile is most likely built from, None when nothing speaks for one.

    The nearest folder upward, not above the git repository, that has every source that a COPY
    names; a Dockerfile that names none is built from its own folder.
    """
    sources = [
        word.value.lstrip("/")
        for instruction in file.instructions
        if instruction.keyword in ("COPY", "ADD") and instruction.flag("from") is None
        for word in instruction.words[:-1]
        if not any(c in word.text for c in "$*?[<") and "://" not in word.value
    ]
    named = [s for s in sources if s.strip("./")]
    for folder in (path.parent, *path.parent.parents):
        if all((folder / source).exists() for source in named):
            return folder
        if (folder / ".git").exists():
            break
    return None

"""What `imgopt check` lints: the Dockerfiles of services, and those that a change touches."""

from __future__ import annotations

import datetime
import os
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from imgopt import config as configuration
from imgopt.cli import selection
from imgopt.cli.check_options import Asked
from imgopt.cli.messages import say
from imgopt.cli.workers import lint_all
from imgopt.config import Config
from imgopt.errors import ConfigError
from imgopt.facts.surroundings import Neighbourhood
from imgopt.gate.findings import new_findings
from imgopt.gate.inputs import Base
from imgopt.gate.result import LintCheck
from imgopt.lint.linter import Linter
from imgopt.project.image import Image


def linter_of(config: Config, images: Sequence[Image]) -> Linter:
    """The linter of the configuration, which knows what is around the images."""
    paths = tuple(dict.fromkeys(image.dockerfile for image in images))
    return selection.select(_asked(config, paths)).linter


def lint_of(
    asked: Asked, config: Config, images: Sequence[Image]
) -> Callable[[Base], LintCheck | None]:
    """Lints the Dockerfiles that a change touches: those of the named services, else all here."""

    def lint(base: Base) -> LintCheck | None:
        chosen = selection.select(_asked(config, changed_since=asked.against))
        if asked.services:
            own = {str(image.dockerfile) for image in images}
            files = tuple(file for file in chosen.files if os.path.realpath(file) in own)
            chosen = msgspec.structs.replace(chosen, files=files)
        results, problems = lint_all(chosen)
        for problem in problems.lines:
            say(problem)
        fail_on = asked.fail_on or config.settings.lint.fail_on

        def older(checkout: Path) -> Linter:
            return _older(chosen.linter, config, base, checkout)

        return new_findings(results, base, older, fail_on)

    return lint


def _asked(
    config: Config, paths: tuple[Path, ...] = (), changed_since: str | None = None
) -> selection.Asked:
    return selection.Asked(
        paths=paths,
        formats=(),
        output=None,
        fail_on=None,
        select=(),
        extend_select=(),
        ignore=(),
        exclude=(),
        others=(),
        engines=(),
        context=None,
        baseline=None,
        write_baseline=False,
        changed_since=changed_since,
        today=None,
        config=config.source,
        quiet=True,
    )


def _older(linter: Linter, config: Config, base: Base, checkout: Path) -> Linter:
    """The same rules for a checkout, with what is around its files there."""
    try:
        inside = Path(os.path.realpath(config.root)).relative_to(os.path.realpath(base.root))
    except ValueError:
        inside = Path()
    there = checkout / inside
    old = msgspec.structs.replace(config, root=there)
    if config.source is not None and (there / config.source.name).is_file():
        try:
            old = configuration.load(there, there / config.source.name)
        except ConfigError:
            old = msgspec.structs.replace(config, root=there)
    near = Neighbourhood(old, datetime.date.today())
    return msgspec.structs.replace(linter, near=near, root=there)

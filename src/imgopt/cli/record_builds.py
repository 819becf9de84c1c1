"""`imgopt record builds`: records of builds that were done anyway."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path

import click

from imgopt import config as configuration
from imgopt.bench.registry import scenarios
from imgopt.cli import options
from imgopt.cli.completion import ServiceName
from imgopt.cli.messages import say
from imgopt.cli.recorder import Choice, Recorder
from imgopt.cli.values import Since
from imgopt.config import Config
from imgopt.errors import ConfigError
from imgopt.history.opening import open_history

FILES, LOCAL = "ci", "local"
_SCENARIO = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")


@click.command("builds")
@click.argument("sources", nargs=-1, metavar="[FILE|FOLDER|REF]...")
@click.option(
    "--from-history",
    is_flag=True,
    help="Read the builder's own history (docker buildx history) instead of files: the builds "
    "REF..., or all of them.",
)
@click.option(
    "--since",
    type=Since(),
    metavar="TIME",
    help="Only builds that began since then: 7d, 8w or a date.",
)
@click.option("--builder", default="", metavar="NAME", help="Builder to ask for its history.")
@click.option(
    "--service",
    default="",
    type=ServiceName(),
    metavar="NAME",
    help="Service of all these builds.  [default: by Dockerfile, target, image name or folder]",
)
@click.option(
    "--scenario",
    default="",
    metavar="NAME",
    help="Scenario to record them as.  [default: ci; local with --from-history]",
)
@click.option(
    "--machine", default="", metavar="NAME", help="What to call the machine that built them."
)
@options.history
@options.config
@options.quiet
def command(
    sources: tuple[str, ...],
    from_history: bool,
    since: datetime | None,
    builder: str,
    service: str,
    scenario: str,
    machine: str,
    history: str | None,
    config: Path | None,
    quiet: bool,
) -> int:
    """Record builds that were done anyway: in CI, or on this machine.

    FILE is a .dockerbuild file, as docker/build-push-action uploads it and `docker buildx history
    export` writes it, or a zip of some; - is stdin. A FOLDER gives all of them in it. No engine is
    needed for files. Builds that failed are recorded, too; known ones are skipped.
    """
    settings = configuration.load(Path.cwd(), config)
    chosen = Choice(
        sources, from_history, since, builder, service,
        _scenario(scenario or (LOCAL if from_history else FILES), settings), machine,
    )  # fmt: skip
    _check(chosen)
    store = open_history(history or settings.settings.history.url, settings.root)
    try:
        store.require_writable()
        recorder = Recorder(chosen, settings, store)
        recorder.run()
    finally:
        store.close()
    for message in recorder.broken:
        say(message)
    if not quiet:
        say(recorder.summary())
    return 2 if recorder.broken else 0


def _scenario(name: str, settings: Config) -> str:
    """The scenario; ConfigError for one that measured builds have, or that cannot be."""
    if not _SCENARIO.fullmatch(name):
        raise ConfigError(
            f"{name[:60]!r} cannot be a scenario; use up to 40 letters, digits, '.', '_' and '-'"
        )
    if name not in (FILES, LOCAL) and (name in scenarios() or name in settings.settings.scenarios):
        raise ConfigError(
            f"{name} is a scenario that `imgopt bench` measures; record these builds as another "
            "one, such as ci"
        )
    return name


def _check(chosen: Choice) -> None:
    """ConfigError where options do not go together."""
    if not chosen.sources and not chosen.from_history:
        raise ConfigError(
            "name .dockerbuild files or folders of them, or use --from-history for the builds "
            "that the builder remembers"
        )
    if chosen.builder and not chosen.from_history:
        raise ConfigError("--builder needs --from-history")
    if chosen.from_history and any(not re.fullmatch(r"[\w^][\w/.^-]*", r) for r in chosen.sources):
        raise ConfigError("with --from-history, name builds as `docker buildx history ls` does")

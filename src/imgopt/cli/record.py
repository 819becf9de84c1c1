"""`imgopt record`: build records between histories, as JSON lines."""

from __future__ import annotations

import importlib
from pathlib import Path

import click

from imgopt.cli import options
from imgopt.cli.history_lines import STANDARD, Chosen, opened, read, write
from imgopt.errors import ConfigError


class _Commands(click.Group):
    """A group that imports some of its commands only when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*super().list_commands(ctx), *_OTHERS]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name in _OTHERS:
            made: click.Command = importlib.import_module(_OTHERS[cmd_name]).command
            return made
        return super().get_command(ctx, cmd_name)


_OTHERS = {"builds": "imgopt.cli.record_builds", "event": "imgopt.cli.record_event"}


@click.group("record", cls=_Commands)
def command() -> None:
    """Record builds that were done anyway, and deployments; move records between histories as JSON
    lines."""


@command.command("export")
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True), required=False)
@click.option(
    "--output", "-o", type=click.Path(path_type=Path), metavar="FILE", help="The same as FILE."
)
@options.services
@options.history
@options.config
@options.quiet
def export_(
    file: Path | None,
    output: Path | None,
    services: tuple[str, ...],
    history: str | None,
    config: Path | None,
    quiet: bool,
) -> None:
    """Write the records to FILE (default: stdout), oldest first, one per line."""
    if file is not None and output is not None:
        raise ConfigError("FILE and --output name the same thing; give one of them")
    store = opened(history, config, create=False)
    write(store, Chosen(services, everything=False), file or output or STANDARD, quiet)
    store.close()


@command.command("import")
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True))
@options.history
@options.config
@options.quiet
def import_(file: Path, history: str | None, config: Path | None, quiet: bool) -> None:
    """Add the records of FILE (- for stdin) to the history; known records are skipped.

    A line that is not a record ends the import, and nothing of the file is kept.
    """
    read(file, history, config, quiet)

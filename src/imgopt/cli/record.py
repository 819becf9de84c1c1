"""`imgopt record`: build records between histories, as JSON lines."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import click
import msgspec

from imgopt import config as configuration
from imgopt import files
from imgopt.cli import options
from imgopt.cli.messages import say
from imgopt.errors import ConfigError
from imgopt.history.opening import open_history
from imgopt.history.store import History
from imgopt.records.build import SCHEMA_VERSION, BuildRecord, decode, encode


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
    store = _open(history, config, create=False)
    lines = [encode(record) + b"\n" for record in store.records(services=services)]
    store.close()
    target = file or output or Path("-")
    if str(target) == "-":
        sys.stdout.buffer.write(b"".join(lines))
        return
    files.write(target, b"".join(lines))
    if not quiet:
        say(f"{len(lines)} records written to {target}")


@command.command("import")
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True))
@options.history
@options.config
@options.quiet
def import_(file: Path, history: str | None, config: Path | None, quiet: bool) -> None:
    """Add the records of FILE (- for stdin) to the history; known records are skipped.

    A line that is not a record ends the import, and nothing of the file is kept.
    """
    name = "<stdin>" if str(file) == "-" else str(file)
    try:
        data = sys.stdin.buffer.read() if name == "<stdin>" else file.read_bytes()
    except OSError as error:
        raise ConfigError(f"{file}: cannot be read ({error.strerror})") from error
    records = _read(data, name)
    store = _open(history, config)
    store.require_writable()
    new = store.add(records)
    store.close()
    if not quiet:
        say(f"{new} records added, {len(records) - new} already present")


def _read(data: bytes, name: str) -> list[BuildRecord]:
    records = []
    for number, line in enumerate(data.split(b"\n"), 1):
        if not line.strip():
            continue
        try:
            record = decode(line)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise ConfigError(f"{name}:{number}: not a build record: {error}") from error
        if record.schema_version != SCHEMA_VERSION:
            raise ConfigError(
                f"{name}:{number}: this record has version {record.schema_version}; "
                f"only {SCHEMA_VERSION} is supported"
            )
        records.append(record)
    return records


def _open(history: str | None, config: Path | None, create: bool = True) -> History:
    settings = configuration.load(Path.cwd(), config)
    return open_history(history or settings.settings.history.url, settings.root, create)

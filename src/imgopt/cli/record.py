"""`imgopt record export` and `imgopt record import`."""

from __future__ import annotations

import sys
from pathlib import Path

import click
import msgspec

from imgopt import config as configuration
from imgopt.errors import ConfigError
from imgopt.history.store import History, default_url
from imgopt.records.build import SCHEMA_VERSION, BuildRecord, decode, encode

_HISTORY = click.option("--history", metavar="URL", help="Database.  [default: .imgopt/history.db]")


@click.group("record")
def command() -> None:
    """Take build records out of a history and into another, as JSON lines."""


@command.command("export")
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True), default="-")
@click.option("--service", "services", multiple=True, help="Only this service; repeatable.")
@_HISTORY
def export_(file: Path, services: tuple[str, ...], history: str | None) -> None:
    """Write the records to FILE (default: stdout), oldest first, one a line."""
    store = _store(history)
    lines = [
        encode(record).decode()
        for record in store.records()
        if not services or record.service in services
    ]
    store.close()
    text = "".join(f"{line}\n" for line in lines)
    if str(file) == "-":
        click.echo(text, nl=False)
        return
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{file}: cannot write it ({error.strerror})") from error
    click.echo(f"imgopt: {len(lines)} records written to {file}", err=True)


@command.command("import")
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True))
@_HISTORY
def import_(file: Path, history: str | None) -> None:
    """Add the records of FILE (- for stdin). A record that is there already changes nothing.

    A line that is no record ends the import, and nothing of the file is kept.
    """
    name = "<stdin>" if str(file) == "-" else str(file)
    try:
        data = sys.stdin.buffer.read() if name == "<stdin>" else file.read_bytes()
    except OSError as error:
        raise ConfigError(f"{file}: cannot read it ({error.strerror})") from error
    records = _read(data, name)
    store = _store(history)
    store.require_writable()
    new = store.add(records)
    store.close()
    click.echo(f"imgopt: {new} records added, {len(records) - new} were there already", err=True)


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
                f"{name}:{number}: a record of version {record.schema_version}; "
                f"{SCHEMA_VERSION} is known"
            )
        records.append(record)
    return records


def _store(history: str | None) -> History:
    settings = configuration.load(Path.cwd())
    return History(history or settings.settings.history.url or default_url(settings.root))

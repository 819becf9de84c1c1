"""`imgopt history`: what is recorded."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path

import click

from imgopt.cli import options
from imgopt.cli.history_lines import STANDARD, Chosen, opened, read, write
from imgopt.cli.messages import say
from imgopt.cli.options import Output, outputs, show
from imgopt.cli.prune import prune
from imgopt.cli.sharing import pull, push
from imgopt.cli.values import Since
from imgopt.errors import ConfigError

_SINCE = click.option(
    "--since",
    type=Since(),
    metavar="TIME",
    help="Only of the last time (8w, 30d, 12h), or since a date (2026-01-31).",
)


@click.group("history")
def command() -> None:
    """List, show, prune, export and import what is recorded."""


@command.command("ls")
@options.formats("history")
@options.services
@click.option("--scenario", "scenarios", multiple=True, metavar="NAME",
              help="Only this scenario; repeatable.")  # fmt: skip
@_SINCE
@click.option("--limit", type=click.IntRange(min=0), default=20, show_default=True, metavar="N",
              help="At most so many, the newest; 0: all.")  # fmt: skip
@click.option("--events", is_flag=True, help="Deployments and rollbacks instead of builds.")
@options.history
@options.config
@options.no_color
def ls(
    formats: tuple[Output, ...],
    output: Path | None,
    services: tuple[str, ...],
    scenarios: tuple[str, ...],
    since: datetime | None,
    limit: int,
    events: bool,
    history: str | None,
    config: Path | None,
) -> None:
    """List builds, or events, the newest first."""
    places = outputs(formats, output)
    if events and scenarios:
        raise ConfigError("events are of no scenario; drop --scenario")
    store = opened(history, config, create=False)
    if events:
        found = list(store.events(services=services, since=since))[::-1]
        show("events", found[: limit or None], places)
    else:
        show("history", store.newest_rows(limit, services, scenarios, since), places)
    store.close()


@command.command("show")
@click.argument("prefix", metavar="ID")
@options.formats("record")
@options.history
@options.config
@options.no_color
def show_(
    prefix: str,
    formats: tuple[Output, ...],
    output: Path | None,
    history: str | None,
    config: Path | None,
) -> None:
    """Show a build with its steps. ID is the beginning of what `ls` shows as its id."""
    places = outputs(formats, output)
    store = opened(history, config, create=False)
    record = store.record(prefix.lower())
    store.close()
    show("record", record, places)


@command.command("export")
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True), default=STANDARD)
@options.services
@_SINCE
@options.history
@options.config
@options.quiet
def export_(
    file: Path,
    services: tuple[str, ...],
    since: datetime | None,
    history: str | None,
    config: Path | None,
    quiet: bool,
) -> None:
    """Write builds, events and images to FILE (default: stdout) as JSON lines, oldest first.

    With --service or --since there are no images in it, since they have neither.
    """
    store = opened(history, config, create=False)
    write(store, Chosen(services, since), file, quiet)
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


@command.command("prune")
@click.option("--older-than", type=Since(), metavar="TIME",
              help="Builds that began before (90d, 2026-01-31).")  # fmt: skip
@click.option("--keep", type=click.IntRange(min=0), metavar="N",
              help="Keep the newest N of each service and scenario.")  # fmt: skip
@options.services
@click.option("--dry-run", is_flag=True, help="Only say what would go.")
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@options.history
@options.config
@options.quiet
def prune_(
    older_than: datetime | None,
    keep: int | None,
    services: tuple[str, ...],
    dry_run: bool,
    yes: bool,
    history: str | None,
    config: Path | None,
    quiet: bool,
) -> None:
    """Remove old builds. With --older-than and --keep, those go that both give up.

    Events stay: they are an audit trail.
    """
    if older_than is None and keep is None:
        raise ConfigError("say which builds are to go: --older-than TIME, --keep N, or both")
    store = opened(history, config, create=False)
    going = prune(store, older_than, keep, services)
    for line in going.lines:
        click.echo(line)
    if not going.ids:
        say("nothing to remove")
    elif not dry_run and (yes or _agreed(len(going.ids))):
        removed = store.remove(going.ids)
        store.shrink()
        if not quiet:
            say(f"{removed} builds removed")
    store.close()


def _agreed(count: int) -> bool:
    if not sys.stdin.isatty():
        raise ConfigError(f"{count} builds would be removed; say --yes to remove them")
    return click.confirm(f"Remove {count} builds?", err=True)


command.add_command(push)
command.add_command(pull)

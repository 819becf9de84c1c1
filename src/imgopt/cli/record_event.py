"""`imgopt record event`: what a pipeline tells of a deployment or a rollback."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from imgopt import config as configuration
from imgopt.cli import options
from imgopt.cli.completion import ServiceName
from imgopt.cli.messages import say
from imgopt.cli.values import Moment, Seconds
from imgopt.config import Config
from imgopt.errors import ConfigError
from imgopt.history import git
from imgopt.history.opening import open_history
from imgopt.masking import redacted
from imgopt.records.event import Event, EventKind, EventStatus
from imgopt.records.limits import check_event

_HASH = re.compile(r"[0-9a-f]{7,64}", re.IGNORECASE)
_AHEAD = timedelta(hours=1)  # clocks differ


@click.command("event")
@click.option(
    "--kind",
    required=True,
    type=click.Choice([str(kind) for kind in EventKind]),
    help="What was done.",
)
@click.option(
    "--service", required=True, type=ServiceName(), metavar="NAME", help="To which service."
)
@click.option(
    "--status",
    required=True,
    type=click.Choice([str(status) for status in EventStatus]),
    help="How it ended.",
)
@click.option(
    "--duration", type=Seconds(), default=0.0, metavar="TIME", help="How long it took: 90s, 10m."
)
@click.option(
    "--commit", default="", metavar="REF", help="What runs now: a hash, or what git knows here."
)
@click.option("--environment", default="", metavar="NAME", help="Where: production, staging…")
@click.option(
    "--at",
    type=Moment(),
    metavar="TIME",
    help="When it ended, such as 2026-01-31T12:00:00Z.  [default: now]",
)
@click.option("--url", default="", help="The pipeline's page.")
@click.option("--actor", default="", metavar="NAME", help="Who or what started it.")
@options.history
@options.config
@options.quiet
def command(
    kind: str,
    service: str,
    status: str,
    duration: float,
    commit: str,
    environment: str,
    at: datetime | None,
    url: str,
    actor: str,
    history: str | None,
    config: Path | None,
    quiet: bool,
) -> None:
    """Record a deployment or a rollback of a service.

    To be called by the pipeline that did it. With the same --at and the same words, it is recorded
    once, however often the job runs.
    """
    settings = configuration.load(Path.cwd(), config)
    revision = _revision(commit, settings)
    event = Event(
        kind=EventKind(kind),
        service=service,
        status=EventStatus(status),
        at=_at(at),
        duration_s=duration,
        commit=revision.commit,
        committed_at=revision.committed_at,
        environment=environment,
        url=redacted(url),
        actor=actor,
    )
    try:
        check_event(event)
    except ValueError as error:
        raise ConfigError(f"this event cannot be recorded: {error}") from error
    store = open_history(history or settings.settings.history.url, settings.root)
    try:
        new = store.add_events([event])
    finally:
        store.close()
    if not quiet:
        say(f"{kind} of {service}: {'recorded' if new else 'already known'}")


def _revision(reference: str, settings: Config) -> git.Revision:
    """The commit with its date where git knows it here; ConfigError for what is no commit."""
    if not reference:
        return git.Revision()
    known = git.known_commit(settings.root, reference)
    if known.commit:
        return known
    if not _HASH.fullmatch(reference):
        raise ConfigError(
            f"--commit {reference[:60]!r} is no hash, and git knows no such commit here"
        )
    return git.Revision(reference.lower())


def _at(told: datetime | None) -> datetime:
    """In UTC and whole seconds; ConfigError for a time that has not come yet."""
    now = datetime.now(UTC).replace(microsecond=0)
    at = told or now
    if at > now + _AHEAD:
        raise ConfigError(f"--at {at:%Y-%m-%d %H:%M} UTC has not come yet")
    return at

"""`imgopt report`: from the records of a history to the files of its formats."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from click.shell_completion import CompletionItem

from imgopt import config as configuration
from imgopt import files
from imgopt.cli import options
from imgopt.cli.alerting import alert_options, alerting, job_link
from imgopt.cli.report_sources import reported
from imgopt.cli.values import Since
from imgopt.config import Config
from imgopt.errors import ConfigError
from imgopt.formats import alerts, escape, registry
from imgopt.formats.page.links import commit_url
from imgopt.gate.terms import limits_of
from imgopt.history.opening import open_history
from imgopt.project.image import Image
from imgopt.project.services import images

_DEFAULT = ("html", "markdown", "png")


class _Formats(click.ParamType[tuple[str, ...]]):
    """Names of formats with commas between."""

    name = "format"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, ...]:
        if isinstance(value, tuple):
            return value
        found = tuple(part for part in str(value).split(",") if part)
        known = registry.names("report")
        for name in found:
            if name not in known:
                self.fail(f"{name!r} is not one of {', '.join(known)}", param, ctx)
        return found

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        before, comma, last = incomplete.rpartition(",")
        names = [name for name in registry.names("report") if name.startswith(last)]
        return [CompletionItem(before + comma + name) for name in names]


@click.command("report")
@click.option(
    "--format",
    "formats",
    multiple=True,
    type=_Formats(),
    metavar="FORMAT,…",
    help=f"{', '.join(registry.names('report'))}; repeatable.  [default: {','.join(_DEFAULT)}]",
)
@click.option(
    "--output",
    "-o",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("reports"),
    show_default=True,
    metavar="FOLDER",
    help="Folder to write to.",
)
@click.option(
    "--since",
    type=Since(),
    metavar="TIME",
    help="Only commits of the last time (8w, 30d), or since a date (2026-01-31).",
)
@click.option("--weekly", is_flag=True, help="Tell this week against the four before it.")
@alert_options
@click.option(
    "--repository",
    metavar="URL",
    help="Where the forge has the repository, for links to commits.  [default: what CI says]",
)
@options.services
@options.history
@options.config
@options.quiet
def command(
    formats: tuple[tuple[str, ...], ...],
    output: Path,
    since: datetime | None,
    weekly: bool,
    alert: str | None,
    alert_format: str | None,
    repository: str | None,
    services: tuple[str, ...],
    history: str | None,
    config: Path | None,
    quiet: bool,
) -> None:
    """Report what got better or worse, since which commit, and why.

    Builds that are in the history become charts, change points and a summary of them. With
    --alert, a webhook is told of the change points of the last week.
    """
    settings = configuration.load(Path.cwd(), config)
    address = _address(repository or settings.settings.report.repository)
    named = history or settings.settings.history.url
    where = alerting(alert, alert_format, settings.settings.alerts)
    store = open_history(named, settings.root, create=False)
    budgets = limits_of(settings)
    try:
        now, built = datetime.now(UTC), _images(settings)
        report = reported(store, settings.root, now, services, since, weekly, budgets, built)
    finally:
        store.close()
    if not report.services:
        raise ConfigError(_nothing(services, since, weekly))
    written: dict[Path, bytes] = {}
    for name in dict.fromkeys(name for names in formats for name in names) or _DEFAULT:
        made = registry.find_files("report", name).render(
            report, registry.Options(repository=address)
        )
        written |= {output / file: data for file, data in made.items()}
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(
            f"cannot write to {output}: {error.strerror}; name another folder with --output"
        ) from error
    files.write_all(written)
    if not quiet:
        for path in written:
            click.echo(escape.line(str(path)))
    if where is not None and (news := alerts.of_report(report, job_link())):
        where.send(news, quiet)


def _images(config: Config) -> list[Image]:
    """What the project builds; nothing where its files cannot be read, which is no matter here."""
    try:
        return images(config, Path.cwd())
    except ConfigError:
        return []


def _address(named: str, environ: Mapping[str, str] = os.environ) -> str:
    """The repository's address that was named, else the one that a CI system has for it."""
    if named:
        if not commit_url(named):
            raise ConfigError(
                f"{named[:200]!r} is no address of a repository; write it as "
                "https://git.example.org/team/project, or with {commit} where a commit's name goes"
            )
        return named
    server, name = environ.get("GITHUB_SERVER_URL", ""), environ.get("GITHUB_REPOSITORY", "")
    return f"{server}/{name}" if server and name else environ.get("CI_PROJECT_URL", "")


def _nothing(services: tuple[str, ...], since: datetime | None, weekly: bool) -> str:
    if not services and since is None and not weekly:
        return "the history has no records for this report; run `imgopt bench` first"
    return "the history has no records of these services and this time; ask for more of it"

"""`imgopt report`: from the records of a history to the files of its formats."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from click.shell_completion import CompletionItem

from imgopt import config as configuration
from imgopt import files
from imgopt.cli import options
from imgopt.errors import ConfigError
from imgopt.formats import escape, registry
from imgopt.history.opening import open_history

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
@options.services
@options.history
@options.config
@options.quiet
def command(
    formats: tuple[tuple[str, ...], ...],
    output: Path,
    services: tuple[str, ...],
    history: str | None,
    config: Path | None,
    quiet: bool,
) -> None:
    """Report build time and image size by commit."""
    settings = configuration.load(Path.cwd(), config)
    named = history or settings.settings.history.url
    store = open_history(named, settings.root, create=False)
    records = list(store.records(services=services))
    store.close()
    from imgopt.report import document

    report = document.of_records(records, datetime.now(UTC))
    if not report.services:
        raise ConfigError("the history has no records for this report; run `imgopt bench` first")
    written: dict[Path, bytes] = {}
    for name in dict.fromkeys(name for names in formats for name in names) or _DEFAULT:
        made = registry.find_files("report", name).render(report, registry.Options())
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

"""`imgopt lint`."""

from __future__ import annotations

import importlib
import io
import sys
from pathlib import Path

import click

from imgopt import config as configuration
from imgopt.context.discovery import discover
from imgopt.errors import ConfigError
from imgopt.lint.engine import Surroundings, choose_rules, lint_bytes, lint_file
from imgopt.lint.finding import FileResult
from imgopt.lint.surroundings import Neighbourhood

# Format → module and function in imgopt.formats, imported when it is asked for.
FORMATS = {
    "text": ("lint_text", "write"),
    "json": ("lint_json", "render"),
    "sarif": ("lint_sarif", "render"),
    "github": ("lint_github", "render"),
    "gitlab": ("lint_gitlab", "render"),
    "junit": ("lint_xml", "render_junit"),
    "checkstyle": ("lint_xml", "render_checkstyle"),
    "markdown": ("lint_markdown", "render"),
}


@click.command("lint")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path, allow_dash=True))
@click.option(
    "--format",
    "format_",
    type=click.Choice(list(FORMATS)),
    default="text",
    show_default=True,
)
@click.option(
    "--output",
    "-o",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write there, not to stdout.",
)
@click.option(
    "--fail-on",
    type=click.Choice(["error", "warning", "info", "never"]),
    help="Exit 1 when a finding is at least this severe.  [default: warning]",
)
@click.option(
    "--select", multiple=True, metavar="RULE", help="Only these rules (id, prefix, name, all)."
)
@click.option("--ignore", multiple=True, metavar="RULE", help="Not these rules.")
@click.option("--config", type=click.Path(path_type=Path, exists=True), help="Configuration file.")
def command(
    paths: tuple[Path, ...],
    format_: str,
    output: Path | None,
    fail_on: str | None,
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    config: Path | None,
) -> int:
    """Lint Dockerfiles: files, folders that are searched (default: from here), or - for stdin."""
    settings = configuration.load(Path.cwd(), config)
    lint = settings.settings.lint
    chosen = _split(select) or tuple(lint.select)
    rules = choose_rules(chosen, (*_split(ignore), *lint.ignore))
    if not rules:
        raise ConfigError(f"no rule is selected by {', '.join(chosen) or 'the configuration'}")
    files = [p for p in paths if str(p) != "-"]
    found = discover(files or ([] if paths else [Path()]), lint.exclude)
    if not found and len(files) == len(paths):
        click.echo(
            "imgopt: no Dockerfile found here; name one, or a folder that has some", err=True
        )
    near = Neighbourhood(settings)
    results = [lint_file(p, p.as_posix(), rules, near.of) for p in found]
    if len(files) != len(paths):
        results.append(lint_bytes(sys.stdin.buffer.read(), "<stdin>", rules, Surroundings()))
    _show(results, format_, output)
    return _exit_code(results, fail_on or lint.fail_on)


def _split(values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(part.strip() for value in values for part in value.split(",") if part.strip())


def _show(results: list[FileResult], format_: str, output: Path | None) -> None:
    module, function = FORMATS[format_]
    if format_ == "text":
        from rich.console import Console

        from imgopt.formats import lint_text

        if output is None:
            lint_text.write(results, Console(highlight=False, markup=False, emoji=False))
            return
        buffer = io.StringIO()
        lint_text.write(results, Console(file=buffer, width=100, no_color=True))
        text = buffer.getvalue()
    else:
        text = getattr(importlib.import_module(f"imgopt.formats.{module}"), function)(results)
    if output is None:
        click.echo(text, nl=False)
        return
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{output}: cannot write it ({error.strerror})") from error


def _exit_code(results: list[FileResult], fail_on: str) -> int:
    if any("internal error" in (result.error or "") for result in results):
        return 2
    if fail_on == "never":
        return 0
    return int(any(f.at_least(fail_on) for result in results for f in result.findings))

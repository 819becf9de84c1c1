"""Options that commands share, with one meaning everywhere."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from imgopt import files
from imgopt.cli.completion import ServiceName
from imgopt.errors import ConfigError
from imgopt.formats import registry

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

_F = TypeVar("_F", bound=Callable[..., Any])
Output = tuple[str, Path | None]


class FormatType(click.ParamType[Output]):
    """`FORMAT` or `FORMAT:FILE`, of one subject's formats."""

    name = "format[:file]"

    def __init__(self, subject: str) -> None:
        self.subject = subject

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> Output:
        if isinstance(value, tuple):
            return value
        name, colon, file = str(value).partition(":")
        name = registry.ALIASES.get(name, name)
        known = registry.names(self.subject)
        if name not in known:
            self.fail(f"{name!r} is not one of {', '.join(known)}", param, ctx)
        if colon and not file:
            self.fail(f"{value!r} names no file; write {name}:FILE", param, ctx)
        return name, Path(file) if file else None

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        from click.shell_completion import CompletionItem

        known = registry.names(self.subject)
        return [CompletionItem(name) for name in known if name.startswith(incomplete)]


def formats(subject: str) -> Callable[[_F], _F]:
    """`--format FORMAT[:FILE]`, repeatable, and `--output`."""

    def decorate(function: _F) -> _F:
        known = ", ".join(registry.names(subject))
        function = click.option(
            "--output",
            "-o",
            type=click.Path(path_type=Path),
            metavar="FILE",
            help="Write to this file instead of stdout.",
        )(function)
        return click.option(
            "--format",
            "formats",
            multiple=True,
            type=FormatType(subject),
            metavar="FORMAT[:FILE]",
            help=f"{known}; FORMAT:FILE writes to a file. Repeatable.  [default: text]",
        )(function)

    return decorate


def config(function: _F) -> _F:
    """`--config FILE`."""
    return click.option(
        "--config",
        type=click.Path(path_type=Path, exists=True, dir_okay=False),
        help="Configuration file.  [default: the nearest imgopt.toml or pyproject.toml]",
    )(function)


def history(function: _F) -> _F:
    """`--history URL`."""
    return click.option(
        "--history",
        metavar="URL",
        help="Database (sqlite:///FILE, postgresql://…) or git:BRANCH.  "
        "[default: .imgopt/history.db]",
    )(function)


def services(function: _F) -> _F:
    """`--service NAME`, repeatable."""
    return click.option(
        "--service",
        "services",
        multiple=True,
        type=ServiceName(),
        metavar="NAME",
        help="Only this service; repeatable.",
    )(function)


def quiet(function: _F) -> _F:
    """`--quiet`."""
    return click.option("--quiet", "-q", is_flag=True, help="No notes on stderr.")(function)


def no_color(function: _F) -> _F:
    """`--no-color`, which is what NO_COLOR does."""
    return click.option(
        "--no-color",
        is_flag=True,
        expose_value=False,
        is_eager=True,
        callback=_set_no_color,
        help="No colors.  [also: NO_COLOR]",
    )(function)


def _set_no_color(_context: click.Context, _option: click.Parameter, value: bool) -> None:
    if value:
        os.environ["NO_COLOR"] = "1"


def outputs(chosen: tuple[Output, ...], output: Path | None) -> list[Output]:
    """Where each format goes, None for stdout; ConfigError as of `placed`, and where two would go
    to stdout."""
    found = list(chosen) or [("text", None)]
    loose = [name for name, file in found if file is None]
    if len(loose) > 1:
        raise ConfigError(
            f"{' and '.join(loose)} would both go to {output or 'stdout'}; write FORMAT:FILE"
        )
    if output is not None and not loose:
        raise ConfigError("--output has no effect: every format already has a file")
    return placed([(name, file or output) for name, file in found])


def placed(found: list[Output]) -> list[Output]:
    """The same, where they can be written.

    ConfigError where two would go to one file, and where there is no folder for a file.
    """
    taken: set[Path] = set()
    for _, file in found:
        if file is None:
            continue
        if not os.path.isdir(file.absolute().parent):
            raise ConfigError(f"{file}: there is no folder {file.absolute().parent}")
        if file in taken:
            raise ConfigError(f"two formats would go to the same file: {file}")
        taken.add(file)
    return found


def show(subject: str, result: Any, chosen: list[Output], top: int = 10) -> None:
    """Render a result in each format, to stdout or to files, which are all written or none."""
    written: dict[Path, bytes] = {}
    for name, file in chosen:
        format_ = registry.find(subject, name)
        if file is None:
            how = terminal(top)
            click.echo(format_.render(result, how), nl=False, color=how.color)
        else:
            text = format_.render(result, registry.Options(top=top))
            written[file] = text.encode("utf-8", errors="replace")
    if written:
        files.write_all(written)


def terminal(top: int = 10) -> registry.Options:
    """What stdout has room for, and whether it shows colors."""
    is_terminal = sys.stdout.isatty()
    color = is_terminal and os.environ.get("TERM") != "dumb"
    color = (color or bool(os.environ.get("FORCE_COLOR"))) and not os.environ.get("NO_COLOR")
    return registry.Options(_columns(is_terminal), is_terminal, color, top)


def _columns(is_terminal: bool) -> int:
    """How wide text may be: the terminal, COLUMNS, or 100."""
    if not is_terminal and "COLUMNS" not in os.environ:
        return 100
    import shutil  # and the archive formats that it knows

    return shutil.get_terminal_size((100, 24)).columns

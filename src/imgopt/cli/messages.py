"""What commands say on stderr: always through here, so that nothing in it acts on a terminal."""

from __future__ import annotations

import click

from imgopt.formats import escape


def say(text: str) -> None:
    """A message, of several lines where it has some."""
    click.echo(f"imgopt: {escape.lines(text)}", err=True)


def say_usage(error: click.ClickException) -> None:
    """What is wrong with the command line, and how it is meant."""
    context = error.ctx if isinstance(error, click.UsageError) else None
    if context is not None:
        click.echo(escape.lines(context.get_usage()), err=True)
        click.echo(f"Try '{escape.printable(context.command_path)} --help' for help.\n", err=True)
    say(error.format_message())

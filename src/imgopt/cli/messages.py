"""What commands say on stderr: always through here, so that nothing in it acts on a terminal."""

from __future__ import annotations

import click

from imgopt.formats import escape


def say(text: str) -> None:
    """A message, of several lines where it has some."""
    click.echo(f"imgopt: {escape.lines(text)}", err=True)

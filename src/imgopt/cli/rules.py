"""`imgopt rules`: the list of the rules, which is also the index of their pages."""

from __future__ import annotations

from pathlib import Path

import click

from imgopt.cli import options
from imgopt.cli.options import Output
from imgopt.lint.rule import all_rules


@click.command("rules")
@options.formats("rules")
def command(formats: tuple[Output, ...], output: Path | None) -> None:
    """List the rules: id, name, severity, what each finds."""
    options.show("rules", all_rules(), options.outputs(formats, output))

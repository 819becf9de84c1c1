"""`imgopt lint`: a selection of files, their results, and the exit code that these deserve."""

from __future__ import annotations

import sys
from typing import Any

import click

from imgopt.cli.outcome import conclude
from imgopt.cli.selection import Asked, fixing, options, select
from imgopt.cli.workers import lint_all
from imgopt.errors import ConfigError


@click.command("lint")
@options
@fixing
@click.option("--fix", is_flag=True, help="Apply safe fixes, as `imgopt fix` does.")
def command(fix: bool, diff: bool, unsafe: bool, only: tuple[str, ...], **given: Any) -> int:
    """Lint Dockerfiles: files, folders to search (default: this one), or - for stdin."""
    asked = Asked(**given)
    if fix or diff:
        from imgopt.cli.fix import run

        return run(asked, diff, unsafe, only)
    if unsafe or only:
        raise ConfigError(f"{'--unsafe' if unsafe else '--rule'} needs --fix; or use `imgopt fix`")
    selection = select(asked)
    results, problems = lint_all(selection)
    if selection.stdin:
        results.append(selection.linter.lint_stdin(sys.stdin.buffer.read()))
    return conclude(selection, results, problems)

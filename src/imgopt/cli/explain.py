"""`imgopt explain RULE`."""

from __future__ import annotations

import difflib
import sys

import click

from imgopt.errors import ConfigError
from imgopt.lint.pages import read_page
from imgopt.lint.rule import all_rules


@click.command("explain")
@click.argument("rule")
def command(rule: str) -> None:
    """Print the page of a rule, by its id (IMG101) or its name (copy-before-install)."""
    names = {r.id.lower(): r for r in all_rules()} | {r.name: r for r in all_rules()}
    found = names.get(rule.lower())
    if found is None:
        near = difflib.get_close_matches(rule.lower(), names, n=1)
        hint = f"did you mean {names[near[0]].id}?" if near else "`imgopt rules` lists them"
        raise ConfigError(f"no rule {rule!r}; {hint}")
    page = read_page(found.id, found.name)
    if page is None:
        raise ConfigError(f"the page of {found.id} is missing from this installation")
    if sys.stdout.isatty():
        from rich.console import Console
        from rich.markdown import Markdown

        Console().print(Markdown(page))
    else:
        click.echo(page, nl=False)

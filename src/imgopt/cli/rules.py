"""`imgopt rules`."""

from __future__ import annotations

import json

import click

from imgopt.lint.pages import page_name
from imgopt.lint.rule import all_rules


@click.command("rules")
@click.option(
    "--format", "format_", type=click.Choice(["text", "json", "markdown"]), default="text"
)
def command(format_: str) -> None:
    """List the rules: id, name, severity, what each finds."""
    rules = all_rules()
    if format_ == "json":
        fields = ("id", "name", "category", "severity", "summary", "recommended")
        rows = [
            {**{f: getattr(r, f) for f in fields}, "docs": page_name(r.id, r.name)} for r in rules
        ]
        click.echo(json.dumps(rows, indent=2))
    elif format_ == "markdown":
        click.echo("| rule | name | severity | finds |\n|---|---|---|---|")
        for r in rules:
            click.echo(f"| [{r.id}]({r.id}-{r.name}.md) | {r.name} | {r.severity} | {r.summary} |")
    else:
        for r in rules:
            click.echo(f"{r.id}  {r.severity:<8} {r.name:<28} {r.summary}")

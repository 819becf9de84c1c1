"""`imgopt rules`."""

from __future__ import annotations

import json

import click

from imgopt.lint.pages import page_name
from imgopt.lint.rule import all_rules

MARKDOWN_HEAD = """\
# The rules

`imgopt rules --format markdown > rules/README.md` writes this index. Each page is also what
`imgopt explain` shows and the rule's test. Rules with † are only in `all`. A safe fix keeps the
image's content; an unsafe one needs a look.

| rule | name | severity | fix | finds |
|---|---|---|---|---|"""


@click.command("rules")
@click.option(
    "--format", "format_", type=click.Choice(["text", "json", "markdown"]), default="text"
)
def command(format_: str) -> None:
    """List the rules: id, name, severity, what each finds."""
    rules = all_rules()
    if format_ == "json":
        fields = ("id", "name", "category", "severity", "summary", "recommended", "fixable")
        rows = [
            {**{f: getattr(r, f) for f in fields}, "docs": page_name(r.id, r.name)} for r in rules
        ]
        click.echo(json.dumps(rows, indent=2))
    elif format_ == "markdown":
        click.echo(MARKDOWN_HEAD)
        for r in rules:
            mark = "" if r.recommended else " †"
            link = f"[{r.id}]({r.id}-{r.name}.md){mark}"
            click.echo(f"| {link} | {r.name} | {r.severity} | {r.fixable} | {r.summary} |")
    else:
        for r in rules:
            click.echo(f"{r.id}  {r.severity:<8} {r.name:<28} {r.summary}")

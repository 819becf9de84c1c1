"""`imgopt explain`: a rule's page, by our names for it or by those of other linters."""

from __future__ import annotations

import difflib

import click

from imgopt.cli import options
from imgopt.cli.completion import RuleName
from imgopt.cli.messages import say
from imgopt.config import LinterName
from imgopt.errors import ConfigError
from imgopt.lint.pages import read_page
from imgopt.lint.rule import Rule, all_rules
from imgopt.lint.silence.equivalents import equivalents, named


@click.command("explain")
@click.argument("rule", type=RuleName())
@options.no_color
def command(rule: str) -> None:
    """Print the page of a rule.

    RULE is an id (IMG101) or a name (copy-before-install), or what hadolint, ShellCheck or
    BuildKit call their check (DL3008, JSONArgsRecommended).
    """
    pages = [_page(found) for found in _rules(rule)]
    how = options.terminal()
    if not how.terminal:
        click.echo("\n".join(pages), nl=False)
        return
    from rich.markdown import Markdown

    from imgopt.formats.terminal import rendered

    text = rendered(how, lambda console: console.print(*map(Markdown, pages)))
    click.echo(text, nl=False, color=how.color)


def _rules(name: str) -> list[Rule]:
    """The rules of that name, ours or another linter's; ConfigError when there is none."""
    by_id = {rule.id: rule for rule in all_rules()}
    names = {**{id_.lower(): rule for id_, rule in by_id.items()},
             **{rule.name: rule for rule in all_rules()}}  # fmt: skip
    if found := names.get(name.lower()):
        return [found]
    if theirs := named(name):
        linter, check = theirs
        product = LinterName(linter).product
        same = [by_id[id_] for id_ in equivalents(linter, check)]
        if not same:
            raise ConfigError(
                f"no rule covers {check}; `imgopt lint --with {linter}` runs {product}"
            )
        for rule in same:
            say(f"{rule.id} {rule.name} covers {product}'s {check}")
        return same
    near = difflib.get_close_matches(name.lower(), names, n=1)
    hint = f"did you mean {names[near[0]].id}?" if near else "`imgopt rules` lists them"
    raise ConfigError(f"unknown rule {name!r}; {hint}")


def _page(rule: Rule) -> str:
    page = read_page(rule.id, rule.name)
    if page is None:
        raise ConfigError(f"the page of {rule.id} is missing from this installation")
    return page

"""`imgopt completion SHELL`, and what a shell completes: rules and services."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

from imgopt.errors import ConfigError

SHELLS = ("bash", "zsh", "fish")


@click.command("completion")
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def command(context: click.Context, shell: str) -> None:
    """Print a script that completes commands, options, rules and services in SHELL.

    \b
    bash: imgopt completion bash > ~/.local/share/bash-completion/completions/imgopt
    zsh:  imgopt completion zsh > FOLDER/_imgopt, FOLDER being one of $fpath
    fish: imgopt completion fish > ~/.config/fish/completions/imgopt.fish
    """
    from click.shell_completion import get_completion_class

    kind = get_completion_class(shell)
    if kind is None:
        raise ConfigError(f"click knows no completion for {shell}")
    completion = kind(context.find_root().command, {}, "imgopt", "_IMGOPT_COMPLETE")
    click.echo(completion.source())


class RuleName(click.ParamType[str]):
    """A rule's id, prefix or name; lists of them have commas between."""

    name = "rule"

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        from click.shell_completion import CompletionItem

        from imgopt.lint.rule import all_rules

        before, comma, last = incomplete.rpartition(",")
        return [
            CompletionItem(before + comma + name, help=rule.summary)
            for rule in all_rules()
            for name in (rule.id, rule.name)
            if name.lower().startswith(last.lower())
        ]


class ServiceName(click.ParamType[str]):
    """A service of imgopt.toml, or of the compose and bake files here."""

    name = "service"

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        from click.shell_completion import CompletionItem

        from imgopt import config
        from imgopt.project.services import images

        try:
            known = images(config.load(Path.cwd()), Path.cwd())
        except ConfigError:
            return []  # which the command will say
        return [CompletionItem(i.name) for i in known if i.name.startswith(incomplete)]

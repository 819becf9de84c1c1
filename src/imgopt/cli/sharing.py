"""`imgopt history push` and `pull`: a history on a branch of git, in several clones."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click

from imgopt import config as configuration
from imgopt.cli import options
from imgopt.cli.messages import say
from imgopt.errors import ConfigError
from imgopt.history import sharing
from imgopt.history.branch import Branch, branch
from imgopt.history.opening import branch_of

_REMOTE = click.argument("remote", default="origin")


@click.command("push")
@_REMOTE
@options.history
@options.config
@options.quiet
def push(remote: str, history: str | None, config: Path | None, quiet: bool) -> None:
    """Push a history on a branch of git to REMOTE (default: origin), with what others pushed."""
    _share(sharing.push, history, config, f"{remote}: {{}} pushed", remote, quiet)


@click.command("pull")
@_REMOTE
@options.history
@options.config
@options.quiet
def pull(remote: str, history: str | None, config: Path | None, quiet: bool) -> None:
    """Pull a history on a branch of git from REMOTE (default: origin). There are no conflicts."""
    _share(sharing.pull, history, config, f"{remote}: {{}} pulled", remote, quiet)


def _share(
    act: Callable[[Branch, str], int],
    history: str | None,
    config: Path | None,
    said: str,
    remote: str,
    quiet: bool,
) -> None:
    settings = configuration.load(Path.cwd(), config)
    name = branch_of(history or settings.settings.history.url)
    if name is None:
        raise ConfigError("only a history on a branch of git is shared so: --history git:BRANCH")
    count = act(branch(name, settings.root), remote)
    if not quiet:
        say(said.format("1 set of records" if count == 1 else f"{count} sets of records"))

"""`imgopt`: the commands, loaded when they are called, and the exit codes.

What the codes mean: docs/architecture.md.
"""

from __future__ import annotations

import gc
import importlib
import io
import os
import signal
import sys
from typing import TYPE_CHECKING

import click

from imgopt import __version__, extras
from imgopt.cli.messages import say, say_usage
from imgopt.errors import ImgoptError

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

# Command → its module, what it does, and the extra that it needs.
_COMMANDS = {
    "lint": ("imgopt.cli.lint", "Find what makes builds slow and images big.", ""),
    "fix": ("imgopt.cli.fix", "Apply fixes.", ""),
    "explain": ("imgopt.cli.explain", "Print a rule's page.", ""),
    "rules": ("imgopt.cli.rules", "List the rules.", ""),
    "bench": ("imgopt.cli.bench", "Measure builds on BuildKit, scenario by scenario.", "bench"),
    "check": ("imgopt.cli.check", "Check budgets and regressions, for a pull request.", "bench"),
    "why": ("imgopt.cli.why", "Show what the next build runs again, and why.", "bench"),
    "backfill": ("imgopt.cli.backfill", "Build past commits and record them.", "bench"),
    "record": (
        "imgopt.cli.record",
        "Record builds of CI, and deployments; export and import.",
        "bench",
    ),
    "history": (
        "imgopt.cli.history",
        "List, show, prune, export and import what is recorded.",
        "bench",
    ),
    "analyze": (
        "imgopt.cli.analyze",
        "Show an image's layers, packages and wasted bytes.",
        "bench",
    ),
    "diff": ("imgopt.cli.diff", "Compare two images, and what a node has to pull.", "bench"),
    "report": ("imgopt.cli.report", "Report build time and image size by commit.", "report"),
    "completion": ("imgopt.cli.completion", "Print the completion script of a shell.", ""),
}


class _Lazy(click.Group):
    """A group that imports a command's module only when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module, text, extra = _COMMANDS[cmd_name]
        if extra and not extras.is_installed(extra):
            return _refusal(cmd_name, text, extra)
        command: click.Command = importlib.import_module(module).command
        return command

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Commands without importing them, and the group's own options."""
        from click.shell_completion import CompletionItem

        found = [
            CompletionItem(name, help=text)
            for name, (_, text, _) in _COMMANDS.items()
            if name.startswith(incomplete)
        ]
        return [*found, *click.Command.shell_complete(self, ctx, incomplete)]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text, _) in _COMMANDS.items()])


def _refusal(name: str, text: str, extra: str) -> click.Command:
    """What stands for a command whose extra is missing: it takes any arguments and says so."""
    missing = extras.MissingExtra(f"imgopt {name}", extra)

    def refuse() -> None:
        raise missing

    any_arguments = {"ignore_unknown_options": True, "allow_extra_args": True}
    return click.Command(
        name, callback=refuse, help=f"{text}\n\n{missing}", context_settings=any_arguments
    )


@click.command(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="imgopt")
def cli() -> None:
    """Find what makes container builds slow and images big, measure it, prove the fix.

    Exit codes: 0 fine, 1 findings, a regression or a broken budget, 2 wrong usage or
    configuration, 3 the engine or a build failed, 130 interrupted.
    """


def run(argv: list[str] | None = None) -> None:
    """The console script: run a command and exit with its code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a locale without é is no reason to fail
            stream.reconfigure(errors="replace")
    code = main(argv)
    gc.freeze()  # at exit the interpreter would look through all that lives, twice
    sys.exit(code)


def main(argv: list[str] | None = None) -> int:
    """Run a command; return its exit code. Messages go to stderr."""
    # Most of a short command is imports, which make no garbage; long commands still collect.
    gc.set_threshold(100_000, 20, 20)
    signal.signal(signal.SIGTERM, _terminate)
    try:
        return _run(argv)
    except (click.Abort, KeyboardInterrupt):  # in the middle of a message, too
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        say("interrupted")
        return 130


def _run(argv: list[str] | None) -> int:
    try:
        code = cli.main(argv, prog_name="imgopt", standalone_mode=False)
        sys.stdout.flush()
        return code if isinstance(code, int) else 0
    except click.exceptions.Exit as error:
        return error.exit_code
    except click.ClickException as error:
        say_usage(error)
        return 2
    except extras.MissingExtra as error:
        click.echo(str(error), err=True)
        return error.exit_code
    except ModuleNotFoundError as error:
        extra = extras.extra_of(error.name or "")
        if extra is None:
            raise
        click.echo(str(extras.MissingExtra("imgopt", extra)), err=True)
        return 2
    except ImgoptError as error:
        say(str(error))
        return error.exit_code
    except BrokenPipeError:
        # The reader (`| head`) has what it wanted; keep the interpreter from complaining at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        say(f"{where}{error.strerror or error}")
        return 2


def _terminate(_signal: int, _frame: object) -> None:
    raise KeyboardInterrupt

"""`imgopt fix`, also called `imgopt lint --fix`: to files, as diffs, or from stdin to stdout."""

from __future__ import annotations

import sys
from typing import Any

import click
import msgspec

from imgopt.cli.messages import say
from imgopt.cli.outcome import conclude
from imgopt.cli.selection import Asked, Selection, fixing, options, select, split
from imgopt.errors import ConfigError
from imgopt.formats import escape
from imgopt.lint.finding import Safety
from imgopt.lint.fixes.change import Change, FileFix, write
from imgopt.lint.linter import STDIN, Wanted
from imgopt.lint.selection import choose_rules


@click.command("fix")
@options
@fixing
def command(diff: bool, unsafe: bool, only: tuple[str, ...], **given: Any) -> int:
    """Apply safe fixes and show the remaining findings.

    A fix is applied only if its result parses, it resolves its finding and it introduces no other.
    With -, the fixed text of stdin is printed.
    """
    return run(Asked(**given), diff, unsafe, only)


def run(asked: Asked, diff: bool, unsafe: bool, only: tuple[str, ...]) -> int:
    """Fix files, or print what that would change; returns the exit code."""
    if diff:
        _refuse_with_diff(asked)
    selection = select(asked, ask_digests=unsafe)
    wanted = Wanted(
        frozenset(Safety) if unsafe else frozenset({Safety.SAFE}),
        frozenset(rule.id for rule in choose_rules(split(only), ())) if only else frozenset(),
    )
    if selection.stdin:
        return _fix_stdin(asked, selection, wanted, diff)
    if diff:
        return _print_diffs(selection, wanted)
    is_complete = _fix_files(selection, wanted)
    selection.near.look_again()
    results = [result for path in selection.files for result in selection.linter.lint(path)]
    code = conclude(selection, results, selection.problems)
    return code if is_complete else 2


def _refuse_with_diff(asked: Asked) -> None:
    unused = {
        "--format": asked.formats,
        "--output": asked.output,
        "--baseline": asked.baseline,
        "--write-baseline": asked.write_baseline,
        "--fail-on": asked.fail_on,
    }
    for name, value in unused.items():
        if value:
            raise ConfigError(f"--diff only prints a diff: {name} has no effect")


def _fix_files(selection: Selection, wanted: Wanted) -> bool:
    """Write what fixes give; whether every file could be fixed."""
    count, is_complete = 0, True
    for path in selection.files:
        try:
            fixed = selection.linter.fix(path, wanted)
            if fixed is None:
                continue
            _say_dropped(fixed)
            for linked in write(fixed.changes):
                say(f"{linked}: fixed, but its other hard links still have the old text")
            count += len(fixed.applied)
        except ConfigError as error:
            say(str(error))
            is_complete = False
    if not selection.quiet:
        say(f"fixed {_findings(count)}")
    return is_complete


def _print_diffs(selection: Selection, wanted: Wanted) -> int:
    """Print the diffs of all files; 1 when there is one, 2 when a file could not be read."""
    printed: list[Change] = []
    code = 0
    for path in selection.files:
        try:
            fixed = selection.linter.fix(path, wanted)
        except ConfigError as error:
            say(str(error))
            code = 2
            continue
        if fixed is None:
            continue
        _say_dropped(fixed)
        # Several Dockerfiles may share one .dockerignore.
        new = [change for change in fixed.changes if change not in printed]
        for change in new:
            _print_exactly(change.diff())
        printed += new
    for problem in selection.problems.lines:
        say(problem)
    return code or int(bool(printed))


def _fix_stdin(asked: Asked, selection: Selection, wanted: Wanted, diff: bool) -> int:
    """Print the fixed text of stdin, or the diff of it; what is left goes to files, if asked."""
    if selection.files or len(asked.paths) > 1:
        raise ConfigError("- (stdin) cannot be combined with other paths")
    if asked.formats and any(file is None for _, file in selection.outputs):
        raise ConfigError("the fixed text goes to stdout; write --format FORMAT:FILE")
    data = sys.stdin.buffer.read()
    fixed = selection.linter.fix_stdin(data, wanted)
    _say_dropped(fixed)
    after = fixed.changes[0].after if fixed.changes else data
    if diff:
        _print_exactly("".join(change.diff() for change in fixed.changes))
        return int(bool(fixed.changes))
    sys.stdout.buffer.write(after)
    sys.stdout.buffer.flush()
    left = selection.linter.lint_stdin(after)
    if not selection.quiet:
        say(f"{STDIN}: fixed {_findings(len(fixed.applied))}; {len(left.findings)} left")
    outputs = [output for output in selection.outputs if output[1] is not None]
    chosen = msgspec.structs.replace(selection, outputs=outputs)
    return conclude(chosen, [left], chosen.problems)


def _say_dropped(fixed: FileFix) -> None:
    for dropped in fixed.dropped:
        finding = dropped.finding
        place = f"{finding.path}:{finding.span.start.line}"
        say(f"{place}: skipped fix for {finding.rule}: {dropped.reason}")


def _findings(count: int) -> str:
    return f"{count} finding{'' if count == 1 else 's'}"


def _print_exactly(text: str) -> None:
    """Print a diff: byte by byte for `git apply`, without control characters for a terminal."""
    if sys.stdout.isatty():
        shown = (escape.printable(part) + "\n" for part in text.split("\n")[:-1])
        click.echo("".join(shown), nl=False)
        return
    sys.stdout.buffer.write(text.encode("utf-8", errors="surrogateescape"))
    sys.stdout.buffer.flush()

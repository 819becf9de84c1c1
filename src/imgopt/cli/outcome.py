"""How `lint` and `fix` end: known findings are taken out, results shown, the exit code chosen."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from imgopt import files
from imgopt.cli import options
from imgopt.cli.messages import say
from imgopt.cli.selection import Problems, Selection
from imgopt.errors import ConfigError
from imgopt.lint.finding import FileResult
from imgopt.severity import NEVER

_BASELINE_BYTES = 100 * files.MEGABYTE


def conclude(selection: Selection, results: Sequence[FileResult], problems: Problems) -> int:
    """Show results, less the known ones, and return the exit code that they deserve.

    `problems` are what could not be read or run, and was done without.
    """
    if not results and not selection.may_be_empty:
        say("no Dockerfiles found; name a file or a folder")
    for problem in problems.lines:
        say(problem)
    if selection.baseline is not None:
        if selection.write_baseline:
            _write(results, selection.baseline)
            return 0
        results = _new(results, selection.baseline, selection.quiet)
    options.show("lint", results, selection.outputs)
    if any(result.internal_errors for result in results):
        return 2
    if selection.fail_on == NEVER:
        return 0
    fail_on = selection.fail_on
    return int(any(f.at_least(fail_on) for result in results for f in result.findings))


def _write(results: Sequence[FileResult], file: Path) -> None:
    from imgopt.lint.silence import baseline

    files.write(file, baseline.write(results, lambda path: _relative(path, file)).encode())
    say(f"{file}: {sum(len(r.findings) for r in results)} findings written")


def _new(results: Sequence[FileResult], file: Path, quiet: bool) -> Sequence[FileResult]:
    from imgopt.lint.silence import baseline

    try:
        data = files.read_regular(file, _BASELINE_BYTES)
    except files.UnreadableFile as error:
        raise ConfigError(f"{error}; --write-baseline writes the baseline") from error
    known = baseline.read(data.decode("utf-8", errors="replace"), str(file))
    kept, count, gone = baseline.without_known(results, known, lambda path: _relative(path, file))
    if (count or gone) and not quiet:
        say(f"{file}: {count} known findings hidden, {gone} no longer found")
    return kept


def _relative(path: str, file: Path) -> str:
    return os.path.relpath(path, file.absolute().parent).replace(os.sep, "/")

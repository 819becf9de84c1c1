"""`imgopt lint` and, with `--fix`, `imgopt fix`."""

from __future__ import annotations

import contextlib
import datetime
import difflib
import importlib
import io
import os
import sys
from collections.abc import Callable, Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any

import click

from imgopt import config as configuration
from imgopt.context.discovery import discover
from imgopt.errors import CheckGaveUp, ConfigError, EngineError
from imgopt.facts.file import FileFacts
from imgopt.facts.surroundings import Neighbourhood
from imgopt.lint.check import Check, Surroundings, choose_rules, lint_bytes
from imgopt.lint.finding import FileResult, Finding
from imgopt.lint.fixes.apply import Fixed
from imgopt.lint.linter import Job, write_text

# Format → module and function in imgopt.formats, imported when it is asked for.
FORMATS = {
    "text": ("lint_text", "write"),
    "json": ("lint_json", "render"),
    "sarif": ("lint_sarif", "render"),
    "github": ("lint_github", "render"),
    "gitlab": ("lint_gitlab", "render"),
    "junit": ("lint_xml", "render_junit"),
    "checkstyle": ("lint_xml", "render_checkstyle"),
    "markdown": ("lint_markdown", "render"),
}
# Other linter → module with `check`.
ENGINES = {
    "buildkit": "imgopt.linters.buildkit",
    "hadolint": "imgopt.linters.hadolint",
    "shellcheck": "imgopt.linters.shellcheck",
}


class _Format(click.ParamType[tuple[str, Path | None]]):
    """`FORMAT` or `FORMAT:FILE`."""

    name = "format[:file]"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, Path | None]:
        if isinstance(value, tuple):
            return value
        name, _, file = str(value).partition(":")
        if name not in FORMATS:
            self.fail(f"{name!r} is none of {', '.join(FORMATS)}", param, ctx)
        return name, Path(file) if file else None


def options(function: Callable[..., int]) -> Callable[..., int]:
    """The options that `lint` and `fix` have in common."""
    for decorator in reversed((
        click.argument("paths", nargs=-1, type=click.Path(path_type=Path, allow_dash=True)),
        click.option("--format", "formats", multiple=True, type=_Format(),
                     help=f"{', '.join(FORMATS)}; FORMAT:FILE writes that one to a file. May be "
                          "given several times.  [default: text]"),
        click.option("--output", "-o", type=click.Path(path_type=Path, dir_okay=False),
                     help="Write the format that has no file of its own there, not to stdout."),
        click.option("--fail-on", type=click.Choice(["error", "warning", "info", "never"]),
                     help="Exit 1 when a finding is at least this severe.  [default: warning]"),
        click.option("--select", multiple=True, metavar="RULE",
                     help="Only these rules (id, prefix, name, all, recommended)."),
        click.option("--extend-select", multiple=True, metavar="RULE", help="These rules too."),
        click.option("--ignore", multiple=True, metavar="RULE", help="Not these rules."),
        click.option("--exclude", multiple=True, metavar="GLOB", help="Not these paths."),
        click.option("--engine", "engines", multiple=True, type=click.Choice(list(ENGINES)),
                     help="Run this linter too, its findings in the same report."),
        click.option("--baseline", type=click.Path(path_type=Path, dir_okay=False),
                     help="Known findings: only new ones are shown and fail."),
        click.option("--write-baseline", is_flag=True,
                     help="Write all present findings to the baseline, and exit 0."),
        click.option("--changed-since", metavar="REF",
                     help="Only Dockerfiles that differ from git's REF, or whose .dockerignore or "
                          "compose entry does."),
        click.option("--today", type=click.DateTime(["%Y-%m-%d"]),
                     help="The date that ends of life are held against.  [default: today]"),
        click.option("--config", type=click.Path(path_type=Path, exists=True),
                     help="Configuration file."),
        click.option("--unsafe", is_flag=True, help="Apply unsafe fixes too."),
        click.option("--diff", is_flag=True, help="Show what fixes change; write nothing."),
        click.option("--rule", "only", multiple=True, metavar="RULE",
                     help="Apply the fixes of these rules only."),
    )):  # fmt: skip
        function = decorator(function)
    return function


@click.command("lint")
@options
@click.option("--fix", is_flag=True, help="Apply safe fixes.")
def command(fix: bool, **given: Any) -> int:
    """Lint Dockerfiles: files, folders that are searched (default: from here), or - for stdin."""
    return run(fix=fix, **given)


def run(
    paths: tuple[Path, ...],
    fix: bool,
    formats: tuple[tuple[str, Path | None], ...],
    output: Path | None,
    fail_on: str | None,
    select: tuple[str, ...],
    extend_select: tuple[str, ...],
    ignore: tuple[str, ...],
    exclude: tuple[str, ...],
    engines: tuple[str, ...],
    baseline: Path | None,
    write_baseline: bool,
    changed_since: str | None,
    today: datetime.datetime | None,
    config: Path | None,
    unsafe: bool,
    diff: bool,
    only: tuple[str, ...],
) -> int:
    """Lint, fix where asked to, show, and return the exit code."""
    settings = configuration.load(Path.cwd(), config)
    lint = settings.settings.lint
    outputs = _outputs(formats, output)
    rules = choose_rules(
        _split(select) or tuple(lint.select),
        (*_split(ignore), *lint.ignore),
        (*_split(extend_select), *lint.extend_select),
        lint.rules,
    )
    if not rules:
        raise ConfigError("no rule is left: all that are selected are ignored too")
    fixing = fix or diff or unsafe or bool(only)
    near = Neighbourhood(
        settings,
        today.date() if today else datetime.date.today(),
        _Bake(),
        _digest_of if fixing and unsafe else None,
    )
    others = _Others(engines or tuple(lint.engines))
    job = Job(rules, near, settings.root, lint.per_file_ignores, others.checks)
    files = [p for p in paths if str(p) != "-"]
    from_stdin = len(files) != len(paths)
    found = discover(files or ([] if paths else [Path()]), [*lint.exclude, *_split(exclude)])
    if changed_since is not None:
        from imgopt.lint.changed import touched

        found = touched(found, changed_since, settings)
    if fixing:
        wanted = frozenset({"safe", "unsafe"}) if unsafe else frozenset({"safe"})
        chosen = choose_rules(_split(only), ()) if only else ()
        changes = _fix(job, found, wanted, frozenset(r.id for r in chosen), diff)
        if diff:
            return int(changes > 0)
    results = [result for path in found for result in job.lint(path)]
    if not results and not from_stdin and changed_since is None:
        _say("no Dockerfile found here; name one, or a folder that has some")
    if from_stdin:
        around = Surroundings(today=today.date() if today else datetime.date.today())
        data = sys.stdin.buffer.read()
        results.append(lint_bytes(data, "<stdin>", rules, around, others.checks))
    for problem in (*near.problems, *others.problems):
        _say(problem)
    known = baseline or (settings.root / lint.baseline if lint.baseline else None)
    if write_baseline or known:
        results = _against_baseline(results, known, write_baseline)
        if write_baseline:
            return 0
    for name, file in outputs:
        _show(results, name, file)
    return _exit_code(results, fail_on or lint.fail_on)


def _say(text: str) -> None:
    click.echo(f"imgopt: {text}", err=True)


def _split(values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(part.strip() for value in values for part in value.split(",") if part.strip())


def _outputs(
    formats: tuple[tuple[str, Path | None], ...], output: Path | None
) -> list[tuple[str, Path | None]]:
    chosen = list(formats) or [("text", None)]
    loose = [name for name, file in chosen if file is None]
    if len(loose) > 1:
        raise ConfigError(
            f"{' and '.join(loose)} would both go to {output or 'stdout'}; write FORMAT:FILE"
        )
    if output is not None and not loose:
        raise ConfigError("--output: every format has a file of its own already")
    return [(name, file or output) for name, file in chosen]


class _Bake:
    """What bake files define, as JSON, as long as there is a buildx to ask."""

    def __init__(self) -> None:
        self._missing = False

    def __call__(self, file: Path) -> str | None:
        from imgopt.buildkit.buildx import bake_definition, has_buildx

        if not self._missing and not has_buildx():
            self._missing = True
            _say(f"{file.name} is not read: docker buildx, which knows its targets, is missing")
        if self._missing:
            return file.read_text(encoding="utf-8") if file.suffix == ".json" else None
        try:
            return bake_definition(file)
        except EngineError as error:
            _say(f"{file}: its targets are not known: {error}")
            return None


@lru_cache(maxsize=256)
def _digest_of(name: str) -> str | None:
    from imgopt.docker.engine import image_digest

    try:
        return image_digest(name)
    except EngineError:
        return None


class _Others:
    """The other linters that were asked for; one that cannot run is named once and left out."""

    def __init__(self, names: tuple[str, ...]) -> None:
        self.problems: list[str] = []
        self._broken: set[str] = set()
        self.checks: tuple[Check, ...] = tuple(self._check(name) for name in dict.fromkeys(names))

    def _check(self, name: str) -> Check:
        def check(facts: FileFacts) -> list[Finding]:
            if name in self._broken:
                return []
            try:
                found: list[Finding] = importlib.import_module(ENGINES[name]).check(facts)
                return found
            except CheckGaveUp as error:
                self.problems.append(f"{facts.file.path}: {error}")
            except (ConfigError, EngineError) as error:
                self._broken.add(name)
                self.problems.append(f"{name} is left out: {error}")
            return []

        return check


def _fix(
    job: Job, paths: Iterable[Path], safeties: frozenset[str], only: frozenset[str], diff: bool
) -> int:
    """Fix files, or print what it would change; how many findings were mended."""
    count = 0
    written: dict[str, str] = {}
    for path in paths:
        fixed = job.fix(path, safeties, only)
        if fixed is None:
            continue
        for dropped in fixed.dropped:
            finding = dropped.finding
            place = f"{path}:{finding.span.start.line}"
            _say(f"{place}: the fix of {finding.rule} is left out: {dropped.reason}")
        count += len(fixed.applied)
        for name, text in fixed.texts.items():
            target = Path(name) if name else path
            if diff:
                click.echo(_difference(target, fixed, name, text), nl=False)
            elif written.get(name or str(path)) != text:
                write_text(target, text)
                written[name or str(path)] = text
    if not diff:
        _say(f"fixed {count} finding{'' if count == 1 else 's'}")
    return count


def _difference(path: Path, fixed: Fixed, name: str, text: str) -> str:
    """A unified diff of one file, as `patch` and `git apply` take it."""
    before = fixed.before.get(name)
    shown = path.as_posix()
    if path.is_absolute():
        with contextlib.suppress(ValueError):
            shown = os.path.relpath(path)
    lines = difflib.unified_diff(
        _lines(before or ""),
        _lines(text),
        f"a/{shown}" if before is not None else "/dev/null",
        f"b/{shown}",
    )
    out = []
    for line in lines:
        out.append(line if line.endswith("\n") else line + "\n\\ No newline at end of file\n")
    return "".join(out).encode("utf-8", errors="replace").decode()


def _lines(text: str) -> list[str]:
    parts = text.split("\n")
    return [part + "\n" for part in parts[:-1]] + ([parts[-1]] if parts[-1] else [])


def _against_baseline(
    results: list[FileResult], file: Path | None, write: bool
) -> list[FileResult]:
    from imgopt.lint.silence import baseline

    if file is None:
        raise ConfigError("--write-baseline needs --baseline FILE, or [lint] baseline")
    root = file.absolute().parent

    def path_of(path: str) -> str:
        return os.path.relpath(path, root).replace(os.sep, "/")

    if write:
        write_text(file, baseline.write(results, path_of))
        _say(f"{file}: {sum(len(r.findings) for r in results)} findings written")
        return results
    try:
        text = file.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(
            f"{file}: cannot read the baseline ({error.strerror}); --write-baseline writes it"
        ) from error
    kept, known, gone = baseline.without_known(results, baseline.read(text, str(file)), path_of)
    if known or gone:
        _say(f"{file}: {known} known findings are not shown; {gone} are mended")
    return kept


def _show(results: list[FileResult], format_: str, output: Path | None) -> None:
    module, function = FORMATS[format_]
    if format_ == "text":
        from rich.console import Console

        from imgopt.formats import lint_text

        if output is None:
            lint_text.write(results, Console(highlight=False, markup=False, emoji=False))
            return
        buffer = io.StringIO()
        lint_text.write(results, Console(file=buffer, width=100, no_color=True))
        text = buffer.getvalue()
    else:
        text = getattr(importlib.import_module(f"imgopt.formats.{module}"), function)(results)
    if output is None:
        click.echo(text, nl=False)
        return
    try:
        output.write_text(text, encoding="utf-8", errors="replace")
    except OSError as error:
        raise ConfigError(f"{output}: cannot write it ({error.strerror})") from error


def _exit_code(results: list[FileResult], fail_on: str) -> int:
    if any(result.internal_errors for result in results):
        return 2
    if fail_on == "never":
        return 0
    return int(any(f.at_least(fail_on) for result in results for f in result.findings))

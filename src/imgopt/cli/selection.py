"""What `lint` and `fix` have in common: options, and the files and rules that these select."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

import click
import msgspec

from imgopt import config as configuration
from imgopt.buildkit.bake import BakeFiles
from imgopt.cli import options as shared
from imgopt.cli.completion import RuleName
from imgopt.cli.options import Output
from imgopt.config import LINTERS
from imgopt.context.discovery import discover
from imgopt.errors import ConfigError, EngineError
from imgopt.facts.surroundings import Neighbourhood
from imgopt.lint.linter import Linter
from imgopt.lint.selection import choose_rules
from imgopt.linters.registry import Others
from imgopt.severity import FAIL_ON

_F = TypeVar("_F", bound=Callable[..., Any])


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """The values of the common options, as they were given."""

    paths: tuple[Path, ...]
    formats: tuple[Output, ...]
    output: Path | None
    fail_on: str | None
    select: tuple[str, ...]
    extend_select: tuple[str, ...]
    ignore: tuple[str, ...]
    exclude: tuple[str, ...]
    others: tuple[str, ...]
    engines: tuple[str, ...]
    context: Path | None
    baseline: Path | None
    write_baseline: bool
    changed_since: str | None
    today: datetime.datetime | None
    config: Path | None
    quiet: bool


def options(function: _F) -> _F:
    """The common options; a command hands them to `Asked` by name."""
    for decorator in reversed((
        click.argument("paths", nargs=-1, type=click.Path(path_type=Path, allow_dash=True)),
        shared.formats("lint"),
        click.option("--fail-on", type=click.Choice(FAIL_ON),
                     help="Exit 1 when a finding is at least this severe.  [default: warning]"),
        click.option("--select", multiple=True, type=RuleName(), metavar="RULE",
                     help="Run only these rules (id, prefix, name, all, recommended)."),
        click.option("--extend-select", multiple=True, type=RuleName(), metavar="RULE",
                     help="Also run these rules."),
        click.option("--ignore", multiple=True, type=RuleName(), metavar="RULE",
                     help="Skip these rules."),
        click.option("--exclude", multiple=True, metavar="GLOB", help="Skip these paths."),
        click.option("--with", "others", multiple=True, type=click.Choice(LINTERS),
                     help="Also run this linter and merge its findings."),
        click.option("--engine", "engines", multiple=True, type=click.Choice(LINTERS), hidden=True,
                     help="Old name of --with."),
        click.option("--context", type=click.Path(path_type=Path, exists=True, file_okay=False),
                     help="The build context of the Dockerfiles.  [default: what compose and bake "
                          "files or the configuration say, else a guess]"),
        click.option("--baseline", type=click.Path(path_type=Path, dir_okay=False),
                     help="File of known findings: only new ones are shown and counted."),
        click.option("--write-baseline", is_flag=True,
                     help="Write all current findings to the baseline and exit 0."),
        click.option("--changed-since", metavar="REF",
                     help="Only lint Dockerfiles that changed since this git revision, or whose "
                          ".dockerignore or compose entry did."),
        click.option("--today", type=click.DateTime(["%Y-%m-%d"]), metavar="YYYY-MM-DD",
                     help="Date used to check end-of-life releases.  [default: today]"),
        shared.config,
        shared.quiet,
        shared.no_color,
    )):  # fmt: skip
        function = decorator(function)
    return function


def fixing(function: _F) -> _F:
    """The options of fixing."""
    for decorator in reversed((
        click.option("--unsafe", is_flag=True, help="Also apply unsafe fixes."),
        click.option("--diff", is_flag=True, help="Print what fixes would change; write nothing."),
        click.option("--rule", "only", multiple=True, type=RuleName(), metavar="RULE",
                     help="Apply only the fixes of these rules."),
    )):  # fmt: skip
        function = decorator(function)
    return function


class Problems(msgspec.Struct, frozen=True):
    """What could not be read or run: messages, and folders with the reason."""

    said: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()

    def __add__(self, more: Problems) -> Problems:
        """Both, each thing once."""
        return Problems(
            tuple(dict.fromkeys((*self.said, *more.said))),
            tuple(dict.fromkeys((*self.folders, *more.folders))),
        )

    @property
    def lines(self) -> tuple[str, ...]:
        """A message each, and one for all folders."""
        if not self.folders:
            return self.said
        more = len(self.folders) - 1
        and_more = f", nor can {more} other folder{'s' if more > 1 else ''}" if more else ""
        return (*self.said, f"{self.folders[0]}{and_more}")


class Selection(msgspec.Struct, frozen=True):
    """What a run works on: `files` and perhaps stdin, and the linter that has its rules.

    `outputs` say where results go, `fail_on` when they fail, `baseline` which ones are known;
    `may_be_empty` when there need not be any file.
    """

    files: tuple[Path, ...]
    stdin: bool
    linter: Linter
    outputs: list[Output]
    fail_on: str
    baseline: Path | None
    write_baseline: bool
    quiet: bool
    may_be_empty: bool
    near: Neighbourhood
    bake: BakeFiles
    others: Others

    @property
    def problems(self) -> Problems:
        """What could not be read or run so far, and was done without."""
        said = (*self.bake.problems, *self.near.problems, *self.others.problems)
        return Problems(said, tuple(self.near.unreadable))


def select(asked: Asked, ask_digests: bool = False) -> Selection:
    """Find files and rules; ConfigError for options and configuration that make no sense.

    `ask_digests` lets rules ask the engine for digests of images.
    """
    config = configuration.load(Path.cwd(), asked.config)
    lint = config.settings.lint
    rules = choose_rules(
        split(asked.select) or tuple(lint.select),
        (*split(asked.ignore), *lint.ignore),
        (*split(asked.extend_select), *lint.extend_select),
        lint.rules,
    )
    if not rules:
        raise ConfigError("no rules left to run: every selected rule is also ignored")
    bake = BakeFiles()
    today = asked.today.date() if asked.today else datetime.date.today()
    digest_of = _digest_of if ask_digests else None
    named = [path for path in asked.paths if str(path) != "-"]
    near = Neighbourhood(config, today, bake, digest_of, named=named, context=asked.context)
    others = Others((*asked.others, *asked.engines) or (*lint.others, *lint.engines))
    baseline = asked.baseline or (config.root / lint.baseline if lint.baseline else None)
    if asked.write_baseline and baseline is None:
        raise ConfigError("--write-baseline needs --baseline FILE, or [lint] baseline")
    return Selection(
        _files(asked, config, near.note),
        any(str(path) == "-" for path in asked.paths),
        Linter(
            rules,
            near,
            config.root,
            lint.per_file_ignores,
            others.checks,
            frozenset(asked.paths),
        ),
        shared.outputs(asked.formats, asked.output),
        asked.fail_on or lint.fail_on,
        baseline,
        asked.write_baseline,
        asked.quiet,
        asked.changed_since is not None,
        near,
        bake,
        others,
    )


def split(values: tuple[str, ...]) -> tuple[str, ...]:
    """The names in values that may hold several, with commas between."""
    return tuple(part.strip() for value in values for part in value.split(",") if part.strip())


def _files(
    asked: Asked, config: configuration.Config, note: Callable[[str], None]
) -> tuple[Path, ...]:
    named = [path for path in asked.paths if str(path) != "-"]
    exclude = [*config.settings.lint.exclude, *split(asked.exclude)]
    found = discover(named or ([] if asked.paths else [Path()]), exclude, note)
    if asked.changed_since is None:
        return tuple(found)
    from imgopt.lint.changed import touched

    return tuple(touched(found, asked.changed_since, config))


@lru_cache(maxsize=256)
def _digest_of(name: str) -> str | None:
    from imgopt.buildkit.digests import image_digest

    try:
        return image_digest(name)
    except EngineError:
        return None

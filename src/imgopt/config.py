"""imgopt.toml, or [tool.imgopt] in pyproject.toml, read and validated once."""

from __future__ import annotations

import os
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import msgspec

from imgopt.documents import MAX_TOML_BYTES, parse_toml
from imgopt.errors import ConfigError
from imgopt.files import read_regular
from imgopt.quantities import Written, count, duration_s, share, size_bytes
from imgopt.severity import FAIL_ON, Severity

Rate = Annotated[str, msgspec.Meta(pattern=f"^({'|'.join(FAIL_ON)})$")]


class LinterName(StrEnum):
    """What `lint --with` runs; each is a module of imgopt.linters, and the first part of its
    rules' ids."""

    BUILDKIT = "buildkit"
    HADOLINT = "hadolint"
    SHELLCHECK = "shellcheck"

    @property
    def product(self) -> str:
        """What it is called in texts."""
        return {LinterName.BUILDKIT: "BuildKit", LinterName.SHELLCHECK: "ShellCheck"}.get(
            self, str(self)
        )


LINTERS = tuple(str(name) for name in LinterName)
Linter = Annotated[str, msgspec.Meta(pattern=f"^({'|'.join(LINTERS)})$")]


# It becomes a part of an image's tag.
ScenarioName = Annotated[str, msgspec.Meta(pattern="^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$")]


# A URL or a secret itself does not fit it: those stay out of files.
EnvironmentName = Annotated[str, msgspec.Meta(pattern="^([A-Za-z_][A-Za-z0-9_]{0,99})?$")]


Isolation = Annotated[str, msgspec.Meta(pattern="^(shared|disposable|)$")]


# What a budget limits beside the time of scenarios, and how its limit is read.
BUDGETS: dict[str, Callable[[Written], float]] = {
    "size": size_bytes,
    "waste": size_bytes,
    "context": size_bytes,
    "findings": count,
}


class Service(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One image that is built; paths are relative to the configuration file.

    `budget` maps a scenario, or a name of BUDGETS, to a limit: `250 MB`, `90 s`, a number.
    """

    context: str = "."
    dockerfile: str = ""
    target: str = ""
    build_args: dict[str, str] = {}
    scenarios: list[str] = []
    network: str = ""
    contexts: dict[str, str] = {}
    budget: dict[ScenarioName, Written] = {}

    @property
    def limits(self) -> dict[str, float]:
        """The budget in bytes, seconds and counts."""
        return {name: BUDGETS.get(name, duration_s)(text) for name, text in self.budget.items()}


class Scenario(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """A change that is made in the copy of the build context before each sample.

    `touch` adds a comment or white space to files, `append` text to them, `replace` maps a file to
    [old, new] text; `run` is a command, its words as a list; `build_args` and `target` are those of
    the build. `{sample}` in texts, words and values is another one for every sample. With `ci`,
    it is built on an empty builder that imports a cache.
    """

    touch: list[str] = []
    append: dict[str, str] = {}
    replace: dict[str, tuple[str, str]] = {}
    run: list[str] = []
    build_args: dict[str, str] = {}
    target: str = ""
    ci: bool = False


class Lint(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """What lint looks for and when it fails.

    `per_file_ignores` maps a glob of paths, relative to the configuration, to rules; `rules` maps
    a rule's id or name to its `severity` and options; `with` (once `engines`) are other linters to
    run; `baseline` is a file of findings that are known, relative to the configuration.
    """

    select: list[str] = []
    extend_select: list[str] = []
    ignore: list[str] = []
    per_file_ignores: dict[str, list[str]] = {}
    exclude: list[str] = []
    fail_on: Rate = Severity.WARNING
    others: list[Linter] = msgspec.field(default_factory=list, name="with")
    engines: list[Linter] = []
    baseline: str = ""
    rules: dict[str, dict[str, Any]] = {}


class Bench(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """Defaults of `imgopt bench`.

    `disposable` names builders that may be emptied; `driver_opts` are those of a temporary
    builder; `cache_from` and `cache_to` are what an empty builder imports and exports.
    """

    runs: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 3
    scenarios: list[str] = []
    builder: str = ""
    isolation: Isolation = ""
    disposable: list[str] = []
    driver_opts: list[str] = []
    cache_from: list[str] = []
    cache_to: list[str] = []


class History(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where records are kept: an SQLAlchemy URL; empty for `.imgopt/history.db`."""

    url: str = ""


class Report(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the forge shows the repository, for the links of reports to commits: its address, or
    that of `{commit}`."""

    repository: str = ""


class Check(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """Defaults of `imgopt check`: the scenarios that `--against` builds in pairs, and by which
    share a build may be slower and an image bigger."""

    scenarios: list[str] = []
    fail_on_regression: Written = "10%"
    fail_on_growth: Written = "5%"


class Alerts(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """Where alerts go: the names of the environment variables that hold the webhook's URL and the
    secret that signs, never these themselves; `format` is the form of the message."""

    url_env: EnvironmentName = ""
    secret_env: EnvironmentName = ""
    format: str = "json"


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A whole configuration."""

    services: dict[str, Service] = {}
    scenarios: dict[ScenarioName, Scenario] = {}
    lint: Lint = Lint()
    bench: Bench = Bench()
    history: History = History()
    report: Report = Report()
    check: Check = Check()
    alerts: Alerts = Alerts()


class Config(msgspec.Struct, frozen=True):
    """Settings with the folder that their paths are relative to; `source` is None for defaults."""

    settings: Settings
    root: Path
    source: Path | None


_NAMED: dict[str, Any] = {"services": Service, "scenarios": Scenario}


def load(start: Path, explicit: Path | None = None) -> Config:
    """The nearest configuration from `start` upward, or the explicit file.

    Raises ConfigError when it cannot be read or is wrong.
    """
    if explicit is not None:
        table = _read(explicit)
        if explicit.name == "pyproject.toml":
            table = _own_part(table) or {}
        return Config(_convert(table, explicit), explicit.absolute().parent, explicit)
    start = start.absolute()
    for folder in (start, *start.parents):
        own = folder / "imgopt.toml"
        if os.path.lexists(own):
            return Config(_convert(_read(own), own), folder, own)
        project = folder / "pyproject.toml"
        if project.is_file() and b"imgopt" in read_regular(project, MAX_TOML_BYTES):
            part = _own_part(_read(project))
            if part is not None:
                return Config(_convert(part, project), folder, project)
    return Config(Settings(), start, None)


def _own_part(pyproject: dict[str, Any]) -> Any:
    """[tool.imgopt] of a pyproject.toml, None where there is none."""
    tool = pyproject.get("tool")
    return tool.get("imgopt") if isinstance(tool, dict) else None


def _read(path: Path) -> dict[str, Any]:
    data = read_regular(path, MAX_TOML_BYTES)
    try:
        return parse_toml(data.decode("utf-8"))
    except ValueError as error:
        raise ConfigError(f"{path}: not valid TOML: {error}") from error


def _convert(table: Any, path: Path) -> Settings:
    _check_keys(table, Settings, path, "")
    try:
        settings = msgspec.convert(table, Settings)
    except msgspec.ValidationError as error:
        raise ConfigError(f"{path}: {error}") from error
    _check_quantities(settings, path)
    return settings


def _check_quantities(settings: Settings, path: Path) -> None:
    """ConfigError for a limit or share that is none, with its place."""
    for name, service in settings.services.items():
        for key, written in service.budget.items():
            where = f"[services.{name[:100]}.budget] {key}"
            _read_quantity(BUDGETS.get(key, duration_s), written, f"{path}: {where}")
    check = settings.check
    for key in ("fail_on_regression", "fail_on_growth"):
        where = f"{path}: [check] {key.replace('_', '-')}"
        _read_quantity(share, getattr(check, key), where)


def _read_quantity(read: Callable[[Written], float], written: Written, where: str) -> None:
    try:
        read(written)
    except ValueError as error:
        raise ConfigError(f"{where}: {error}") from error


def _check_keys(table: Any, kind: Any, path: Path, where: str) -> None:
    """An unknown key is an error that names the nearest known one."""
    if not isinstance(table, dict):
        return
    fields = {field.encode_name: field.type for field in msgspec.structs.fields(kind)}
    for key, value in table.items():
        if key not in fields:
            import difflib

            near = difflib.get_close_matches(key, fields, n=1, cutoff=0.5)
            hint = f"; did you mean {near[0]!r}?" if near else f"; known: {', '.join(fields)}"
            raise ConfigError(f"{path}: unknown key {(where + key)[:100]!r}{hint}")
        if key in _NAMED and kind is Settings and isinstance(value, dict):
            for name, entry in value.items():
                _check_keys(entry, _NAMED[key], path, f"{key}.{name}.")
        elif isinstance(fields[key], type) and issubclass(fields[key], msgspec.Struct):
            _check_keys(value, fields[key], path, f"{where}{key}.")

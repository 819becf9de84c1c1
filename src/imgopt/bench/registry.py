"""The scenarios that there are: the files of `bench/scenarios/`, and those of imgopt.toml."""

from __future__ import annotations

import difflib
import importlib
import pkgutil
from collections.abc import Mapping, Sequence

import msgspec

import imgopt.bench.scenarios
from imgopt.bench.scenarios.custom import Custom
from imgopt.bench.variation import Scenario
from imgopt.config import Scenario as Written
from imgopt.errors import ConfigError

_MOST_RUNS = 1000


class Planned(msgspec.Struct, frozen=True):
    """A scenario, and how many samples of it are wanted."""

    scenario: Scenario
    runs: int


def scenarios() -> dict[str, Scenario]:
    """imgopt's own scenarios by name, in the order in which they run."""
    package = imgopt.bench.scenarios
    found: list[Scenario] = []
    for entry in pkgutil.iter_modules(package.__path__):
        module = importlib.import_module(f"{package.__name__}.{entry.name}")
        if hasattr(module, "SCENARIO"):
            found.append(module.SCENARIO)
    return {one.name: one for one in sorted(found, key=lambda one: (one.order, one.name))}


def plan(
    names: Sequence[str], runs: int, written: Mapping[str, Written] | None = None
) -> tuple[Planned, ...]:
    """The scenarios that `NAME` and `NAME=RUNS` ask for, in the order in which they run.

    `written` are the configured scenarios. Without names, the usual ones. Raises ConfigError for
    an unknown name, a wrong number, and a configured scenario with a name of imgopt's own.
    """
    own = scenarios()
    written = written or {}
    if taken := [name for name in written if name in own]:
        raise ConfigError(f"[scenarios.{taken[0]}]: imgopt has a scenario of that name; rename it")
    known: dict[str, Scenario] = {**own, **{k: Custom(k, v) for k, v in written.items()}}
    wanted: dict[str, int] = {}
    for item in names or [name for name, one in own.items() if one.is_usual]:
        name, equals, number = item.partition("=")
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(known)}"
            raise ConfigError(f"unknown scenario {name!r}; {hint}")
        if equals and not (number.isdecimal() and 1 <= int(number) <= _MOST_RUNS):
            raise ConfigError(f"scenario {item!r}: the number of runs must be 1 to {_MOST_RUNS}")
        wanted[name] = int(number) if equals else runs
    return tuple(Planned(one, wanted[name]) for name, one in known.items() if name in wanted)

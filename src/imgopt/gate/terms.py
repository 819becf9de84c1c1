"""What a check holds services to, and what it builds for that: budgets and their scenarios."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence

import msgspec

from imgopt.bench.registry import scenarios
from imgopt.config import BUDGETS, Config
from imgopt.errors import ConfigError
from imgopt.project.image import Image

# Of a pull request: from nothing, what a node would pull, and what everybody waits for.
_USUAL = ("cold", "warm", "code-change")
HERE = frozenset({"context", "findings"})  # which no build is needed for
_SIZES = ("size", "waste")  # which any build tells, and this one soonest
_SOONEST = "warm"


def limits_of(config: Config) -> dict[str, dict[str, float]]:
    """The limits of each service that has a budget; ConfigError for a key that limits nothing."""
    known = (*BUDGETS, *scenarios(), *config.settings.scenarios)
    found = {}
    for name, service in config.settings.services.items():
        for key in service.budget:
            if key not in known:
                near = difflib.get_close_matches(key, known, n=1, cutoff=0.5)
                hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(known)}"
                where = f"services.{name}.budget.{key}"[:100]
                raise ConfigError(f"{config.source}: unknown key {where!r}; {hint}")
        if service.budget:
            found[name] = service.limits
    return found


def with_scenarios(
    images: Sequence[Image],
    limits: Mapping[str, Mapping[str, float]],
    asked: Sequence[str],
    always: Sequence[str],
) -> list[Image]:
    """The images, each with the scenarios that it is built in: those that were asked for; else
    those that have a limit, and the ones that are `always` built, where they make sense for it."""
    found = []
    for image in images:
        names = _of(image, limits.get(image.name, {}), asked, always)
        found.append(msgspec.structs.replace(image, scenarios=names))
    return found


def _of(
    image: Image, limits: Mapping[str, float], asked: Sequence[str], always: Sequence[str]
) -> tuple[str, ...]:
    names = [item.partition("=")[0] for item in asked]
    wanted = names or [*always, *(name for name in limits if name not in BUDGETS)]
    if not wanted and any(name in limits for name in _SIZES):
        wanted = [_SOONEST]
    fitting = [name for name in wanted if not image.scenarios or name in image.scenarios]
    return tuple(dict.fromkeys(fitting)) or image.scenarios


def usual(config: Config) -> tuple[str, ...]:
    """The scenarios that a pull request is always built in."""
    return tuple(config.settings.check.scenarios) or _USUAL

"""The builder's cache records: seen before and after a run, and only the run's own removed."""

from __future__ import annotations

import contextlib
import json

from imgopt.buildkit.docker_cli import run
from imgopt.errors import EngineError

_AT_ONCE = 40
_PASSES = 3


def record_ids(builder: str = "") -> frozenset[str]:
    """The ids of all cache records of a builder."""
    try:
        text = run("buildx", "du", "--format", "json", *_builder(builder), timeout_s=120)
    except EngineError as error:
        if "unknown flag" not in str(error):
            raise
        # buildx before 0.20 prints "ID:  …" blocks only.
        text = run("buildx", "du", "--verbose", *_builder(builder), timeout_s=120)
        rows = (line.partition(":") for line in text.splitlines())
        return frozenset(value.strip() for key, _, value in rows if key == "ID")
    rows_json = (json.loads(line) for line in text.splitlines() if line.startswith("{"))
    return frozenset(str(row["ID"]) for row in rows_json)


def remove_new(before: frozenset[str], builder: str = "") -> int:
    """Remove the records that were not there before; returns how many are still there.

    A record goes only after those that build on it, hence several passes. Nothing that was
    there before is named in any command. (`id` in buildx's filter is a regular expression.)
    """
    left: list[str] = []
    for _ in range(_PASSES):
        now = sorted(record_ids(builder) - before)
        if not now or now == left:
            return len(now)
        left = now
        for start in range(0, len(now), _AT_ONCE):
            pattern = "|".join(now[start : start + _AT_ONCE])
            with contextlib.suppress(EngineError):
                run(
                    "buildx", "prune", "--force", "--all", *_builder(builder),
                    "--filter", f'id="^({pattern})$"', timeout_s=300,
                )  # fmt: skip
    return len(record_ids(builder) - before)


def _builder(name: str) -> list[str]:
    return [f"--builder={name}"] if name else []

"""`docker buildx history`: which builds a builder remembers, and their archives."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import msgspec

from imgopt.buildkit.docker_cli import run
from imgopt.errors import EngineError

# States of builds that are over; `Running` is not.
_OVER = frozenset({"completed", "error"})
_MOST_LINES = 100_000
_PATIENCE_S = 600
_TOO_OLD = (
    "this buildx has no `docker buildx history export`; buildx 0.23 or newer has it. "
    "What docker/build-push-action uploads can be read without: imgopt record builds FILE"
)


class Listed(msgspec.Struct, frozen=True):
    """One build that a builder remembers and that is over."""

    ref: str
    created_at: datetime


def builds(builder: str = "") -> list[Listed]:
    """The builds that came to their end, the newest first as buildx has them.

    EngineError where buildx is too old, and where no builder answers.
    """
    text = _history("ls", "--format=json", "--no-trunc", builder=builder)
    found = []
    for line in text.splitlines()[:_MOST_LINES]:
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            ref = str(row["ref"]).rpartition("/")[2]
            created_at = datetime.fromisoformat(str(row["created_at"]))
            status = str(row["status"]).lower()
        except (KeyError, TypeError, ValueError) as error:
            raise EngineError(_TOO_OLD) from error
        if status in _OVER:
            found.append(Listed(ref, created_at))
    return found


def export(refs: Sequence[str], file: Path, builder: str = "") -> None:
    """Write the archive of these builds; EngineError for one that the builder does not know."""
    _history("export", f"--output={file}", "--", *refs, builder=builder)


def _history(command: str, *argv: str, builder: str) -> str:
    chosen = [f"--builder={builder}"] if builder else []
    try:
        return run("buildx", "history", command, *chosen, *argv, timeout_s=_PATIENCE_S)
    except EngineError as error:
        said = str(error).lower()
        if any(sign in said for sign in ("unknown command", "unknown flag", "usage:")):
            raise EngineError(_TOO_OLD) from error
        raise

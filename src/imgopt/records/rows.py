"""Records as the history gives them to trends: rows of scalars, without parsing any record."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple


class BuildRow(NamedTuple):
    """One build without its steps and layers; `number` is the history's own key of it.

    Durations in seconds, sizes in bytes, times UTC and aware. `engine` is BuildKit's version,
    `failed` whether the build failed, `findings` None where lint was not asked.
    """

    number: int
    id: str
    run: str
    service: str
    scenario: str
    sample: int
    commit: str
    dirty: bool
    committed_at: datetime | None
    subject: str
    author: str
    dockerfile: str
    target: str
    variant: str
    isolation: str
    machine: str
    engine: str
    driver: str
    started_at: datetime
    duration_s: float
    context_bytes: int
    cache_hits: int
    cache_steps: int
    image_id: str
    size_bytes: int
    findings: int | None
    failed: bool


class StepRow(NamedTuple):
    """One step of the build `number`, in the order of the record; `line` 0: no Dockerfile line."""

    number: int
    position: int
    stage: str
    line: int
    end_line: int
    instruction: str
    duration_s: float
    cached: bool
    critical: bool


class LayerRow(NamedTuple):
    """One layer of the image of the build `number`, the lowest first; `line` 0: of the base."""

    number: int
    position: int
    digest: str
    size_bytes: int
    line: int
    instruction: str


class Recorded(NamedTuple):
    """How many builds of one commit a history holds, outside comparisons; `failures` of them
    failed. `dirty` ones had changes that no commit has."""

    service: str
    scenario: str
    commit: str
    dirty: bool
    builds: int
    failures: int

"""How a build went: its steps with lines and times, from its vertices and where each stands."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime

import msgspec

from imgopt.buildkit.progress import Vertex, charge_lookups, critical_path
from imgopt.buildkit.provenance import NUMBERED, Place
from imgopt.records.build import Step

_NAME = 2000
_SHOWN = 500
# buildx fetches the provenance for us after the build: that is no part of what is measured.
_OURS = "resolving provenance for metadata file"


class Course(msgspec.Struct, frozen=True):
    """What a BuildRecord says of the time and the steps of a build."""

    started_at: datetime
    duration_s: float
    export_s: float
    cache_hits: int
    cache_steps: int
    critical_path_s: float
    steps: tuple[Step, ...]


def course(
    vertices: Iterable[Vertex], places: Mapping[str, Place], masked: Callable[[str], str]
) -> Course | None:
    """The course of a build; None where no vertex began and ended. `masked` hides secrets."""
    timed = [
        v for v in vertices
        if v.started is not None and v.completed is not None and not v.name.startswith(_OURS)
    ]  # fmt: skip
    if not timed:
        return None
    charge_lookups(timed)
    start = min(v.started or 0.0 for v in timed)
    end = max(v.completed or 0.0 for v in timed)
    path = critical_path(timed)
    critical = {v.digest for v in path}
    steps = tuple(
        _step(v, start, places.get(v.digest), v.digest in critical, masked) for v in timed
    )
    counted = [s for s in steps if s.instruction in NUMBERED and not s.name.startswith("[int")]
    return Course(
        started_at=datetime.fromtimestamp(start, UTC),
        duration_s=round(end - start, 6),
        export_s=round(sum((_duration(v) for v in timed if _is_export(v)), 0.0), 6),
        cache_hits=sum(s.cached for s in counted),
        cache_steps=len(counted),
        critical_path_s=round(sum(_duration(v) for v in path), 6),
        steps=steps,
    )


def _is_export(vertex: Vertex) -> bool:
    """Whether a vertex exports the image, and not the cache."""
    return vertex.name.startswith("exporting") and not vertex.name.startswith("exporting cache")


def _duration(vertex: Vertex) -> float:
    return max((vertex.completed or 0.0) - (vertex.started or 0.0), 0.0)


def _step(
    vertex: Vertex,
    start: float,
    place: Place | None,
    critical: bool,
    masked: Callable[[str], str],
) -> Step:
    return Step(
        digest=vertex.digest,
        name=masked(vertex.name[:_NAME])[:_SHOWN],
        stage=place.stage if place else "",
        line=place.line if place else 0,
        end_line=place.end_line if place else 0,
        instruction=place.instruction if place else "",
        started_s=round((vertex.started or start) - start, 6),
        duration_s=round(_duration(vertex), 6),
        cached=vertex.cached,
        inputs=vertex.inputs,
        critical=critical,
    )

"""Which Dockerfile line a vertex is: from BuildKit's provenance, else from its name.

Source: BuildKit's docs/attestations/slsa-definitions.md (buildConfig.digestMapping and
metadata "https://mobyproject.org/buildkit@v1#metadata".source.locations).
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable
from typing import Any

import msgspec

from imgopt.dockerfile.model import Instruction
from imgopt.dockerfile.stages import StageGraph

_METADATA = "https://mobyproject.org/buildkit@v1#metadata"
_METADATA_V1 = "buildkit_metadata"
_NAME = re.compile(
    r"\[(?:(?P<platform>\S+/\S+) )?(?:(?P<stage>\S+) +)?(?P<step>\d+)/(?P<of>\d+)\] "
)
_LOADED = re.compile(r"\[(?:\S+ )?internal\] load metadata for (\S+)")
# The instructions that BuildKit counts, and caches, as steps of their stage.
NUMBERED = frozenset({"RUN", "COPY", "ADD", "WORKDIR"})


class Place(msgspec.Struct, frozen=True):
    """The lines of a step, both inclusive, its stage and its instruction."""

    line: int
    end_line: int
    stage: str
    instruction: str


def by_provenance(metadata: dict[str, Any], graph: StageGraph) -> dict[str, Place]:
    """Vertex digest → place, empty when the metadata file holds no usable provenance."""
    provenance = metadata.get("buildx.build.provenance")
    if not isinstance(provenance, dict):
        return {}
    definition = provenance.get("buildDefinition", {}).get("internalParameters", {})
    config = provenance.get("buildConfig") or definition.get("buildConfig") or {}
    details = provenance.get("metadata", {}).get(_METADATA) or provenance.get("runDetails", {}).get(
        "metadata", {}
    ).get(_METADATA_V1, {})
    locations = details.get("source", {}).get("locations", {}) if isinstance(details, dict) else {}
    starts = _starts(graph)
    places: dict[str, Place] = {}
    for digest, step in (config.get("digestMapping") or {}).items():
        lines = _lines(locations.get(step))
        if lines:
            places[digest] = _place(*lines, starts)
    return places


def _lines(entry: Any) -> tuple[int, int] | None:
    """First and last line of a step's first location."""
    ranges = ((entry or {}).get("locations") or [{}])[0].get("ranges") or []
    lines = [int(r["start"]["line"]) for r in ranges if r.get("start", {}).get("line")]
    ends = [int(r["end"]["line"]) for r in ranges if r.get("end", {}).get("line")]
    return (min(lines), max(ends or lines)) if lines else None


_Starts = list[tuple[int, str, Instruction]]


def _starts(graph: StageGraph) -> _Starts:
    """Each instruction of a stage with its first line and its stage's name, in the file's order."""
    return [
        (instruction.line, stage.label, instruction)
        for stage in graph.stages
        for instruction in (stage.from_, *stage.instructions)
    ]


def _place(line: int, end_line: int, starts: _Starts) -> Place:
    at = bisect_right(starts, line, key=lambda start: start[0]) - 1
    if at >= 0:
        first, label, instruction = starts[at]
        if line <= instruction.end_line:
            end = max(end_line, instruction.end_line)
            return Place(first, end, label, instruction.keyword)
    return Place(line, end_line, "", "")


def by_name(names: Iterable[tuple[str, str]], graph: StageGraph) -> dict[str, Place]:
    """(digest, vertex name) of a build → place by the numbers in `[builder 3/6] RUN …`.

    The k-th of n counts the stage's RUN, COPY, ADD and WORKDIR, and before them a FROM that
    BuildKit resolves itself: not one of another stage, of scratch, or of a named context. Then
    the first of these instructions has the number 1. A stage without a name is called `stage-N`,
    or nothing when it is the only one.
    """
    matches = [
        (digest, name, match)
        for digest, name in names
        if not name.startswith("[internal]") and (match := _NAME.match(name))
    ]
    without_from = {
        match["stage"]
        for _, name, match in matches
        if match["step"] == "1" and not name[match.end() :].startswith("FROM ")
    }
    places = {}
    counted: dict[str, list[tuple[str, Instruction]]] = {}
    for digest, _, match in matches:
        stage = match["stage"] or ""
        if stage not in counted:
            counted[stage] = _numbered(stage, graph, match["stage"] not in without_from)
        numbered = counted[stage]
        position = int(match["step"]) - 1
        if 0 <= position < len(numbered):
            label, instruction = numbered[position]
            end = instruction.end_line
            places[digest] = Place(instruction.line, end, label, instruction.keyword)
    return places


def _numbered(stage_name: str, graph: StageGraph, with_from: bool) -> list[tuple[str, Instruction]]:
    if not stage_name:
        chosen = graph.stages[-1]
    elif found := graph.find(stage_name):
        chosen = found
    elif (match := re.fullmatch(r"stage-(\d+)", stage_name)) and int(match[1]) < len(graph.stages):
        chosen = graph.stages[int(match[1])]
    else:
        return []
    counted = [i for i in chosen.instructions if i.keyword in NUMBERED]
    return [(chosen.label, i) for i in ([chosen.from_, *counted] if with_from else counted)]


def metadata_line(name: str, graph: StageGraph) -> int:
    """The line that names the image which a vertex loads the metadata of; 0 for another vertex."""
    match = _LOADED.match(name)
    if not match:
        return 0
    for stage in graph.stages:
        for reference in (stage.base, *stage.references):
            if reference.stage is None and is_same_image(match[1], reference.text):
                return reference.instruction.line
    return 0


def is_same_image(full: str, text: str | None) -> bool:
    """Whether BuildKit's full name of an image is what a Dockerfile calls `text`."""
    if not text:
        return False
    name, _, digest = text.partition("@")
    tagged = name if digest or ":" in name.rpartition("/")[2] else f"{name}:latest"
    return _short(full.partition("@")[0]) == _short(tagged)


def _short(name: str) -> str:
    return name.removeprefix("docker.io/").removeprefix("library/")

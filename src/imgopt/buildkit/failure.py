"""What is said of a build that failed: its step, that step's line, and the end of its log.

All of it is about one vertex: the line is where this vertex stands in the Dockerfile.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import msgspec

from imgopt.buildkit.progress import Progress, Vertex
from imgopt.buildkit.provenance import by_name, metadata_line
from imgopt.dockerfile.model import DockerfileSyntaxError
from imgopt.dockerfile.parse import MAX_SIZE_BYTES, decode, parse
from imgopt.dockerfile.stages import StageGraph, stage_graph
from imgopt.errors import BuildFailed, ConfigError, EngineError, TransientFailure
from imgopt.files import read_regular
from imgopt.masking import redacted

_LOG_LINES = 20
_GONE = (
    "Unavailable: ",
    "code = Unavailable ",
    "Cannot connect to the Docker daemon",
    "connection refused",
)
_FULL = "no space left on device"
# containerd's collection of what an image that is gone held, in the middle of unpacking one.
_COLLECTED = re.compile(r"parent snapshot \S+ does not exist|failed to prepare extraction snapshot")
_CANCELLED = "context canceled"


class Failed(msgspec.Struct, frozen=True):
    """A build that did not succeed: its events, its Dockerfile, and what nobody may see."""

    progress: Progress
    dockerfile: Path
    build_args: Mapping[str, str] = {}
    secrets: tuple[str, ...] = ()

    def masked(self, text: str) -> str:
        return redacted(text, self.secrets)


def failure(failed: Failed, code: int) -> BuildFailed | EngineError:
    """The step that failed, its line and the end of its log; else what the tool said."""
    progress = failed.progress
    broken = [v for v in progress.vertices.values() if v.error and _CANCELLED not in v.error]
    if not broken:
        return _said(failed, code)
    # The first to fail: the others may have failed for it.
    vertex = min(broken, key=lambda v: v.completed or float("inf"))
    log = failed.masked(vertex.log.decode(errors="replace"))
    error = failed.masked(vertex.error)
    tail = "\n".join(f"    {line}" for line in log.splitlines()[-_LOG_LINES:]) or "    (no output)"
    hint = ""
    if "network bridge not found" in error:
        hint = "\n  this engine has no bridge network; build with --network host"
    if _FULL in f"{error}\n{tail}".lower():
        hint = "\n  the engine's disk may be full; see docker system df"
    kind = TransientFailure if _COLLECTED.search(error) else BuildFailed
    return kind(
        f"the build failed at {_where(vertex, failed)}{failed.masked(vertex.name)}\n  {error}\n"
        f"  the end of its log:\n{tail}{hint}",
        log.encode(),
    )


def too_long(failed: Failed, timeout_s: float) -> BuildFailed:
    """The step that ran when the time was over."""
    vertices = failed.progress.vertices.values()
    running = [v for v in vertices if v.started and not v.completed]
    step = running[-1] if running else None
    log = failed.masked(step.log.decode(errors="replace")) if step else ""
    where = f" in {failed.masked(step.name)}" if step else ""
    return BuildFailed(
        f"the build took longer than {timeout_s:.0f} s{where}; --timeout sets the limit",
        log.encode(),
    )


def _said(failed: Failed, code: int) -> EngineError:
    """The tool's own message, where no step has failed."""
    text = failed.masked(failed.progress.text)
    said = [line.strip() for line in text.splitlines() if line.strip()]
    message = "\n  ".join(said[-_LOG_LINES:]) or f"exit code {code}"
    if any(sign in message for sign in _GONE):
        return EngineError(f"the engine or its builder went away during the build:\n  {message}")
    if _FULL in message:
        return EngineError(f"the engine's disk is full; see docker system df:\n  {message}")
    return EngineError(f"the build of {failed.dockerfile.name} did not run:\n  {message}")


def _where(vertex: Vertex, failed: Failed) -> str:
    """`Dockerfile:5: `, from the vertex's name; empty for what stands on no line."""
    try:
        file = parse(decode(read_regular(failed.dockerfile, MAX_SIZE_BYTES)))
    except (ConfigError, DockerfileSyntaxError):
        return ""
    graph = stage_graph(file, failed.build_args)
    line = _line_of(vertex, failed.progress, graph)
    return f"{failed.dockerfile.name}:{line}: " if line else ""


def _line_of(vertex: Vertex, progress: Progress, graph: StageGraph) -> int:
    names = [(v.digest, v.name) for v in progress.vertices.values()]
    place = by_name(names, graph).get(vertex.digest)
    return place.line if place else metadata_line(vertex.name, graph)

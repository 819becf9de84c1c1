"""What is said of a build that failed: its step, that step's line, and the end of its log.

All of it is about one vertex: the line is where this vertex stands in the Dockerfile.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import msgspec

from imgopt.buildkit.progress import Progress, Vertex
from imgopt.buildkit.provenance import Place, by_name, metadata_line
from imgopt.dockerfile.model import DockerfileSyntaxError
from imgopt.dockerfile.parse import MAX_SIZE_BYTES, decode, parse
from imgopt.dockerfile.stages import stage_graph
from imgopt.errors import BuildFailed, ConfigError, EngineError, TransientFailure
from imgopt.files import read_regular
from imgopt.masking import redacted
from imgopt.records.build import Failure

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
# A registry that could not be asked, while an image was looked up or fetched.
_FETCH = re.compile(r"internal\] load metadata for |\bFROM \S")
_UNREACHABLE = re.compile(
    r"failed to do request|dial tcp|i/o timeout|TLS handshake|no such host|toomanyrequests"
    r"|\b5\d\d (?:Internal|Bad|Service|Gateway)"
)
# BuildKit took the build and ended it itself, though no step had begun.
_REFUSED = "failed to solve"
_ON_LINE = re.compile(r"parse error on line (\d{1,7})\b|^\S*Dockerfile\S*:(\d{1,7})$", re.MULTILINE)
_NAME, _MESSAGE = 500, 2000


def may_pass(failure: Failure) -> bool:
    """Whether a registry could not be asked, so that the same build may succeed another time."""
    return bool(_FETCH.search(failure.step) and _UNREACHABLE.search(failure.message))


class StepFailed(BuildFailed):
    """A build failed, as a record tells it: `failure` says where and why, `progress` has its
    events."""

    def __init__(self, message: str, log: bytes, failure: Failure, progress: Progress) -> None:
        super().__init__(message, log)
        self.failure = failure
        self.progress = progress


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
    place = _place(vertex, failed)
    where = f"{failed.dockerfile.name}:{place.line}: " if place.line else ""
    name = failed.masked(vertex.name)
    message = f"the build failed at {where}{name}\n  {error}\n  the end of its log:\n{tail}{hint}"
    if _COLLECTED.search(error):
        return TransientFailure(message, log.encode())
    return _step_failed(message, log, name, place, error, progress)


def too_long(failed: Failed, timeout_s: float) -> BuildFailed:
    """The step that ran when the time was over."""
    vertices = failed.progress.vertices.values()
    running = [v for v in vertices if v.started and not v.completed]
    step = running[-1] if running else None
    log = failed.masked(step.log.decode(errors="replace")) if step else ""
    name = failed.masked(step.name) if step else ""
    where = f" in {name}" if step else ""
    message = f"the build took longer than {timeout_s:.0f} s{where}; --timeout sets the limit"
    place = _place(step, failed) if step else _NOWHERE
    reason = f"took longer than {timeout_s:.0f} s"
    return _step_failed(message, log, name, place, reason, failed.progress)


def _step_failed(
    message: str, log: str, name: str, place: Place, reason: str, progress: Progress
) -> StepFailed:
    end = "\n".join(log.splitlines()[-_LOG_LINES:])
    failure = Failure(name[:_NAME], place.stage, place.line, reason[:_MESSAGE], end[-_MESSAGE:])
    return StepFailed(message, log.encode(), failure, progress)


def _said(failed: Failed, code: int) -> EngineError:
    """The tool's own message, where no step has failed."""
    text = failed.masked(failed.progress.text)
    said = [line.strip() for line in text.splitlines() if line.strip()]
    message = "\n  ".join(said[-_LOG_LINES:]) or f"exit code {code}"
    if any(sign in message for sign in _GONE):
        return EngineError(f"the engine or its builder went away during the build:\n  {message}")
    if _FULL in message:
        return EngineError(f"the engine's disk is full; see docker system df:\n  {message}")
    text = f"the build of {failed.dockerfile.name} did not run:\n  {message}"
    if _REFUSED in message:
        line = next((int(m[1] or m[2]) for m in _ON_LINE.finditer(message)), 0)
        place = Place(line, line, "", "")
        return _step_failed(text, "", "", place, said[-1] if said else "", failed.progress)
    return EngineError(text)


_NOWHERE = Place(0, 0, "", "")


def _place(vertex: Vertex, failed: Failed) -> Place:
    """Where a vertex stands, from its name; line 0 for what stands on no line."""
    try:
        file = parse(decode(read_regular(failed.dockerfile, MAX_SIZE_BYTES)))
    except (ConfigError, DockerfileSyntaxError):
        return _NOWHERE
    graph = stage_graph(file, failed.build_args)
    names = [(v.digest, v.name) for v in failed.progress.vertices.values()]
    if place := by_name(names, graph).get(vertex.digest):
        return place
    line = metadata_line(vertex.name, graph)
    return Place(line, line, "", "FROM" if line else "")

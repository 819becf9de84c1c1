"""`--progress=rawjson` → vertices. Source: BuildKit's client.SolveStatus as JSON.

A stream of JSON objects, one a line in new buildx and indented over many in old ones, on stderr
between the tool's own messages.
"""

from __future__ import annotations

import base64
import json
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from datetime import datetime
from typing import Any

_FRACTION = re.compile(r"(\.\d{1,6})\d*")
_MAX_LOG_BYTES = 64_000
_MAX_PENDING = 8_000_000


class Vertex:
    """One vertex, merged from all its events. Times are epoch seconds, None while unknown."""

    __slots__ = ("_log", "cached", "completed", "digest", "error", "inputs", "name", "started")

    def __init__(self, digest: str) -> None:
        self.digest = digest
        self.name = ""
        self.inputs: tuple[str, ...] = ()
        self.started: float | None = None
        self.completed: float | None = None
        self.cached = False
        self.error = ""
        self._log = bytearray()

    @property
    def log(self) -> bytes:
        """The end of what it printed."""
        return bytes(self._log[-_MAX_LOG_BYTES:])

    def print(self, data: bytes) -> None:
        """Add what it printed; of a long log only the end is kept."""
        self._log += data
        if len(self._log) > 2 * _MAX_LOG_BYTES:
            del self._log[:-_MAX_LOG_BYTES]


class Progress:
    """Reads the stream bit by bit; `vertices` are in order of appearance."""

    def __init__(self) -> None:
        self.vertices: dict[str, Vertex] = {}
        self.context_bytes = 0
        self.text = ""
        self.latest = ""
        self._pending = ""
        self._decoder = json.JSONDecoder()

    def feed(self, chunk: str) -> None:
        """Take a piece of the stream; what is no JSON object is kept as the tool's own text."""
        self._pending += chunk
        position = 0
        while position < len(self._pending):
            brace = self._pending.find("{", position)
            if brace != position:
                end = brace if brace >= 0 else len(self._pending)
                self.text = (self.text + self._pending[position:end])[-_MAX_LOG_BYTES:]
                position = end
                continue
            try:
                event, position = self._decoder.raw_decode(self._pending, brace)
            except ValueError:
                line_end = self._pending.find("\n{", brace + 1)
                complete_line = self._pending.find("\n", brace) >= 0
                pretty = self._pending[brace : brace + 3].startswith("{\n")
                broken = line_end >= 0 and not pretty and complete_line
                if broken or len(self._pending) - brace > _MAX_PENDING:
                    self.text = (self.text + "{")[-_MAX_LOG_BYTES:]
                    position = brace + 1
                    continue
                break
            if isinstance(event, dict):
                self._event(event)
        self._pending = self._pending[position:]

    def finish(self) -> None:
        """The stream has ended: what is left over is text."""
        self.text = (self.text + self._pending)[-_MAX_LOG_BYTES:]
        self._pending = ""

    def vertex(self, digest: str) -> Vertex:
        """The vertex of that digest, a new one where it is not known yet."""
        return self.vertices.setdefault(digest, Vertex(digest))

    def told(
        self,
        vertex: Vertex,
        name: str,
        inputs: Iterable[str],
        cached: bool,
        error: str,
        started: float | None,
        completed: float | None,
    ) -> None:
        """What an event says of a vertex; what it leaves out stays as it was."""
        vertex.name = name or vertex.name
        vertex.inputs = tuple(inputs) or vertex.inputs
        vertex.cached = vertex.cached or cached
        vertex.error = error or vertex.error
        if started is not None:
            vertex.started = started if vertex.started is None else min(started, vertex.started)
            self.latest = vertex.name
        if completed is not None:
            vertex.completed = max(completed, vertex.completed or completed)

    def transferred(self, identity: str, current: int) -> None:
        """What an event says of bytes: those of the build context count."""
        if identity.startswith("transferring context"):
            self.context_bytes = max(self.context_bytes, current)

    def _event(self, event: dict[str, Any]) -> None:
        for item in event.get("vertexes") or ():
            self.told(
                self.vertex(str(item.get("digest"))),
                str(item.get("name") or ""),
                item.get("inputs") or (),
                bool(item.get("cached")),
                str(item.get("error") or ""),
                _time(item.get("started")),
                _time(item.get("completed")),
            )
        for item in event.get("statuses") or ():
            self.transferred(str(item.get("id", "")), int(item.get("current") or 0))
        for item in event.get("logs") or ():
            vertex = self.vertex(str(item.get("vertex")))
            vertex.print(base64.b64decode(item.get("data") or ""))


def _time(text: object) -> float | None:
    """RFC 3339 with nanoseconds → epoch seconds."""
    if not isinstance(text, str):
        return None
    return datetime.fromisoformat(_FRACTION.sub(r"\1", text)).timestamp()


# What looking a cached step up takes at most.
_NOTHING_S = 0.01
# Vertices that BuildKit tells of in one go.
_TOGETHER_S = 0.005


def charge_lookups(vertices: list[Vertex]) -> None:
    """Let a cached vertex begin when the input was ready that it was looked up for.

    BuildKit tells of cached vertices when it has found them, many in one instant. Before, it read
    what one of them takes from an input that has just been made (the files of a COPY --from):
    that is this vertex's time, and stands in no other. Of those that are told of together it is
    the one whose input was ready last.
    """
    timed = {v.digest: v for v in vertices if v.started is not None and v.completed is not None}
    ready: dict[str, float] = {}
    found: list[tuple[float, float, Vertex]] = []
    for vertex in _inputs_first(timed):
        if not vertex.cached:
            ready[vertex.digest] = vertex.completed or 0.0
            continue
        inputs = [timed[d] for d in vertex.inputs if d in timed]
        ready[vertex.digest] = max((ready.get(v.digest, 0.0) for v in inputs), default=0.0)
        made = max((v.completed or 0.0 for v in inputs if not v.cached), default=0.0)
        if made and made >= ready[vertex.digest]:
            found.append((vertex.started or 0.0, made, vertex))
    found.sort(key=lambda item: item[0])
    when = [item[0] for item in found]
    for told, made, vertex in found:
        first, behind = (
            bisect_left(when, told - _TOGETHER_S),
            bisect_right(when, told + _TOGETHER_S),
        )
        together = found[first:behind]
        if told - made > _NOTHING_S and made >= max(other for _, other, _ in together):
            vertex.started = made


def _inputs_first(timed: dict[str, Vertex]) -> list[Vertex]:
    """The vertices, each behind its inputs; what others say of inputs may be anything."""
    order: list[Vertex] = []
    seen: set[str] = set()
    for first in timed.values():
        todo = [(first, False)]
        while todo:
            vertex, is_done = todo.pop()
            if is_done:
                order.append(vertex)
            elif vertex.digest not in seen:
                seen.add(vertex.digest)
                todo.append((vertex, True))
                todo += [(timed[d], False) for d in vertex.inputs if d in timed]
    return order


def critical_path(vertices: list[Vertex]) -> list[Vertex]:
    """The steps that the end of the build waited for, first to last.

    Back from the vertex that ended last, each time to the input that ended last. A cached vertex
    costs nothing and stands for its own inputs; where no input is known to have run, whatever
    ended last before the step began comes next. So it does for a cached vertex that took time:
    BuildKit looks at it when it is needed, long after its inputs.
    """
    timed = [v for v in vertices if v.started is not None and v.completed is not None]
    by_digest = {v.digest: v for v in timed}
    took_time = sorted((v for v in timed if _took_time(v)), key=lambda v: v.completed or 0)
    ends = [v.completed or 0 for v in took_time]
    path: list[Vertex] = []
    current = max(timed, key=lambda v: v.completed or 0, default=None)
    seen: set[str] = set()
    while current is not None and current.digest not in seen:
        seen.add(current.digest)
        path.append(current)
        start = current.started or 0.0
        inputs: list[Vertex] = []
        if not current.cached:
            inputs = [v for v in _that_ran(current, by_digest) if v.digest not in seen]
        current = max(inputs, key=lambda v: v.completed or 0, default=None)
        if current is None:
            before = [v for v in took_time[: bisect_right(ends, start)] if v.digest not in seen]
            current = before[-1] if before else None
    return path[::-1]


def _took_time(vertex: Vertex) -> bool:
    took = (vertex.completed or 0.0) - (vertex.started or 0.0)
    return not vertex.cached or took > _NOTHING_S


def _that_ran(vertex: Vertex, by_digest: dict[str, Vertex]) -> list[Vertex]:
    """The inputs of a vertex that ran, cached ones replaced by theirs."""
    found: list[Vertex] = []
    todo, seen = list(vertex.inputs), set(vertex.inputs)
    while todo:
        source = by_digest.get(todo.pop())
        if source is None:
            continue
        if _took_time(source):
            found.append(source)
            continue
        new = [d for d in source.inputs if d not in seen]
        seen.update(new)
        todo += new
    return found

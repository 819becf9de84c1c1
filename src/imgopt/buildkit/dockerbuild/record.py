"""From a build of an archive to its BuildRecord."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from imgopt import __version__
from imgopt.buildkit.course import Course, course
from imgopt.buildkit.dockerbuild import cause, status
from imgopt.buildkit.dockerbuild.attested import Attested
from imgopt.buildkit.dockerbuild.cause import Cause
from imgopt.buildkit.dockerbuild.layout import CAUSE, PROVENANCE, STATUS, Build, document
from imgopt.buildkit.dockerbuild.source import Source, clean, source_of, table
from imgopt.buildkit.dockerbuild.status import text
from imgopt.buildkit.dockerbuild.times import stamp
from imgopt.buildkit.progress import Progress, Vertex
from imgopt.buildkit.provenance import Place, by_name, metadata_line
from imgopt.dockerfile.model import Dockerfile, DockerfileSyntaxError, Instruction
from imgopt.dockerfile.parse import decode, parse
from imgopt.dockerfile.stages import Stage, StageGraph, stage_graph
from imgopt.history.git import Revision
from imgopt.masking import redacted
from imgopt.records.build import (
    RECORDED,
    BaseImage,
    BuildRecord,
    BuiltImage,
    Engine,
    Failure,
)

LOG_BYTES = 8_000
_MESSAGE = 2_000
_NAME = 500
_LONG_TEXT = 20_000
_MOST_LINES = 1_000_000
_MOST_BYTES = 1 << 60
_MAX_PROVENANCE_BYTES = 6_000_000
_CANCELLED = "context canceled"
_CANCELLED_CODE = 1  # of google.rpc.Status
_FROM = re.compile(r"\bFROM (\S+)@(sha256:[0-9a-f]{64})")
_IMAGE_ID = re.compile(r"sha256:[0-9a-f]{64}")
_UNKNOWN = Engine("", "", "", "", 0, 0, "")


class Known(msgspec.Struct, frozen=True):
    """What a record says of a build that its archive does not: `place` names its service and the
    path of its Dockerfile, `revision` what git knows of a commit, `dockerfile` its text at one."""

    scenario: str
    place: Callable[[Source, StageGraph | None], tuple[str, str]]
    revision: Callable[[str], Revision] = lambda _commit: Revision()
    dockerfile: Callable[[str, str], bytes] = lambda _commit, _path: b""
    engine: Engine = _UNKNOWN


class Told(msgspec.Struct, frozen=True):
    """All that an archive tells of one build."""

    name: str
    config: dict[str, Any]
    source: Source
    progress: Progress
    attested: Attested
    cause: Cause

    def masked(self, text: str) -> str:
        """A text of the build without secrets."""
        return redacted(text, self.source.secrets)

    @property
    def created_s(self) -> float:
        """When BuildKit took the build, as epoch seconds."""
        return stamp(self.config.get("CreatedAt"), self.name)

    @property
    def is_cancelled(self) -> bool:
        """Whether somebody ended the build: then it neither failed nor came to its end."""
        error = table(self.config, "error")
        return error.get("code") == _CANCELLED_CODE or "CompletedAt" not in self.config


def read(build: Build) -> Told:
    """Read a build's blobs; ConfigError with its file's name for what is broken."""
    name = build.name
    provenances = [
        document(data, f"{name}: its provenance")
        for data in build.blobs(PROVENANCE, _MAX_PROVENANCE_BYTES)
    ]
    causes = [cause.read(data, name) for data in build.blobs(CAUSE)]
    streams = [status.read(data, name) for data in build.blobs(STATUS)]
    for progress in streams:
        build.layout.allowance.steps(len(progress.vertices), name)
    error = table(build.config, "error").get("message")
    said = Cause(clean(error))
    return Told(
        name,
        build.config,
        source_of(build.config, name),
        streams[0] if streams else Progress(),
        Attested(tuple(_predicate(p) for p in provenances if isinstance(p, dict))),
        causes[0] if causes else said,
    )


def _predicate(provenance: dict[str, Any]) -> dict[str, Any]:
    """The provenance itself, which may stand in an in-toto statement."""
    return table(provenance, "predicate") or provenance


def make_record(told: Told, known: Known) -> BuildRecord:
    """The record of a build, whether it succeeded or failed."""
    source = told.source
    commit = source.commit or told.attested.commit()
    revision = known.revision(commit) if commit else Revision()
    data = told.attested.dockerfile(told.name) or told.cause.dockerfile
    if not data and commit and source.is_in_repository:
        data = known.dockerfile(commit, source.dockerfile)
    file = _parsed(data)
    graph = stage_graph(file, source.build_args) if file else None
    # BuildKit keeps them in no order.
    vertices = sorted(told.progress.vertices.values(), key=lambda v: (v.started or 0.0, v.digest))
    named = by_name([(v.digest, v.name) for v in vertices], graph) if graph else {}
    exact = _exact(told, graph, data.count(b"\n") + 1)
    places = {**named, **exact}
    failure = _failure(told, places, graph)
    went = course(vertices, places, told.masked) or _nothing(told)
    service, path = known.place(source, graph)
    return BuildRecord(
        run=source.ref[:32],
        service=service,
        scenario=known.scenario,
        sample=1,
        commit=revision.commit or commit,
        dirty=source.dirty,
        committed_at=revision.committed_at,
        subject=told.masked(revision.subject),
        dockerfile=path,
        dockerfile_digest=f"sha256:{hashlib.sha256(data).hexdigest()}" if data else "",
        started_at=went.started_at,
        duration_s=went.duration_s,
        cli_duration_s=_whole_s(told),
        context_bytes=min(told.progress.context_bytes, _MOST_BYTES),
        export_s=went.export_s,
        cache_hits=went.cache_hits,
        cache_steps=went.cache_steps,
        critical_path_s=went.critical_path_s,
        attribution="provenance" if exact else "names",
        edited="",
        image=BuiltImage("" if failure else _image_id(told.config), 0, ()),
        steps=went.steps,
        engine=_engine(told, known.engine),
        imgopt=__version__,
        isolation=RECORDED,
        target=source.target,
        author=told.masked(revision.author),
        bases=_bases(told, file),
        build_args=source.build_args,
        failure=failure,
        ref=source.ref,
    )


def _parsed(data: bytes) -> Dockerfile | None:
    """The Dockerfile; None where there is none, or only BuildKit's own parser takes it."""
    if not data:
        return None
    try:
        return parse(decode(data))
    except DockerfileSyntaxError:
        return None


def _exact(told: Told, graph: StageGraph | None, lines: int) -> dict[str, Place]:
    """Where the provenance says that steps stand: lines that the Dockerfile has."""
    if graph is None:
        return {}
    places = told.attested.places(told.progress.vertices.keys(), graph, told.name)
    return {
        digest: msgspec.structs.replace(place, end_line=min(place.end_line, lines))
        for digest, place in places.items()
        if 1 <= place.line <= lines
    }


def _failure(told: Told, places: Mapping[str, Place], graph: StageGraph | None) -> Failure | None:
    """Why the build failed; None where it did not."""
    broken = [v for v in told.progress.vertices.values() if v.error and _CANCELLED not in v.error]
    if not told.cause.message and not table(told.config, "error"):
        return None
    # The first to fail: the others may have failed for it.
    vertex = min(broken, key=lambda v: v.completed or float("inf"), default=None)
    if vertex is None:
        message = told.masked(told.cause.message[:_LONG_TEXT])
        return Failure("", "", _line(told.cause.line, graph), message[:_MESSAGE])
    place = places.get(vertex.digest)
    line = place.line if place else metadata_line(vertex.name, graph) if graph else 0
    if not line and told.cause.vertex in ("", vertex.digest):
        line = _line(told.cause.line, graph)
    return Failure(
        step=told.masked(vertex.name[:_LONG_TEXT])[:_NAME],
        stage=place.stage if place else "",
        line=line,
        message=told.masked(vertex.error[:_LONG_TEXT])[:_MESSAGE],
        log=_end_of_log(vertex, told),
    )


def _line(line: int, graph: StageGraph | None) -> int:
    """A line that somebody names, 0 for one that no Dockerfile has."""
    last = 0 if graph is None else max(i.end_line for s in graph.stages for i in _all(s))
    return line if 0 < line <= (last or _MOST_LINES) else 0


def _all(stage: Stage) -> tuple[Instruction, ...]:
    return (stage.from_, *stage.instructions)


def _end_of_log(vertex: Vertex, told: Told) -> str:
    """Whole lines from the end of a step's log; masked first, since a cut may halve a secret."""
    log = told.masked(text(vertex.log))
    end = log.encode()[-LOG_BYTES:].decode(errors="ignore")
    return end if len(end) == len(log) else end.partition("\n")[2] or end


def _nothing(told: Told) -> Course:
    """The course of a build that ended before any step began."""
    return Course(datetime.fromtimestamp(told.created_s, UTC), _whole_s(told), 0.0, 0, 0, 0.0, ())


def _whole_s(told: Told) -> float:
    """From BuildKit's taking the build to its end, which is as near as is known to what the
    command took."""
    ended = stamp(told.config.get("CompletedAt"), told.name)
    return round(max(ended - told.created_s, 0.0), 6)


def _image_id(config: Mapping[str, Any]) -> str:
    """The digest of the image or index that was built."""
    result = table(config, "Result")
    first = table(table(result, "Results"), "0") or table(result, "ResultDeprecated")
    digest = first.get("digest")
    return digest if isinstance(digest, str) and _IMAGE_ID.fullmatch(digest) else ""


def _engine(told: Told, engine: Engine) -> Engine:
    if engine.memory_bytes:
        return engine
    return msgspec.structs.replace(engine, memory_bytes=told.attested.memory_bytes())


def _bases(told: Told, file: Dockerfile | None) -> tuple[BaseImage, ...]:
    """The base images: as the provenance has them, else as the names of steps do."""
    syntax = [d.value.split()[0] for d in file.directives if d.name == "syntax"] if file else []
    if found := told.attested.bases(syntax):
        return found
    names = (v.name for v in told.progress.vertices.values())
    told_of = {
        BaseImage(m[1].removeprefix("docker.io/").removeprefix("library/")[:_NAME], m[2]): None
        for name in names
        if (m := _FROM.search(name))
    }
    return tuple(told_of)

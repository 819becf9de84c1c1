"""From a build's events, metadata and image to its BuildRecord."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable

import msgspec

from imgopt import __version__
from imgopt.bench.stats import Load
from imgopt.bench.step_inputs import ContextDigests, step_inputs
from imgopt.buildkit.builder import Builder
from imgopt.buildkit.buildx import BuildOutcome
from imgopt.buildkit.course import course
from imgopt.buildkit.digests import base_identity
from imgopt.buildkit.progress import Vertex
from imgopt.buildkit.provenance import by_name, by_provenance, is_same_image
from imgopt.docker.info import EngineInfo
from imgopt.errors import EngineError
from imgopt.facts.file import FileFacts
from imgopt.history.git import Revision
from imgopt.masking import redacted
from imgopt.records.build import BuildRecord, BuiltImage, Engine
from imgopt.records.inputs import StepInputs

_FROM = re.compile(r"\bFROM (\S+)@(sha256:[0-9a-f]{64})")


class Circumstances(msgspec.Struct, frozen=True):
    """What all samples of one service in one run share; `secrets` are values to be masked."""

    run: str
    service: str
    revision: Revision
    dockerfile: str
    dockerfile_bytes: bytes
    facts: FileFacts
    engine: Engine
    variant: str = ""
    secrets: tuple[str, ...] = ()
    isolation: str = "shared"
    target: str = ""


def make_record(
    about: Circumstances,
    scenario: str,
    sample: int,
    edited: str,
    outcome: BuildOutcome,
    image: BuiltImage,
    load: Load,
    digests: ContextDigests,
) -> BuildRecord:
    """The record of a build that succeeded; EngineError when buildx printed no events."""
    vertices = list(outcome.progress.vertices.values())
    graph = about.facts.graph
    named = by_name([(v.digest, v.name) for v in vertices], graph)
    exact = by_provenance(outcome.metadata, graph)
    went = course(vertices, {**named, **exact}, lambda text: redacted(text, about.secrets))
    if went is None:
        raise EngineError(
            "buildx printed no build events; its --progress=rawjson is not understood"
        )
    return BuildRecord(
        run=about.run,
        service=about.service,
        scenario=scenario,
        sample=sample,
        commit=about.revision.commit,
        dirty=about.revision.dirty,
        committed_at=about.revision.committed_at,
        subject=redacted(about.revision.subject, about.secrets),
        dockerfile=about.dockerfile,
        dockerfile_digest="sha256:" + hashlib.sha256(about.dockerfile_bytes).hexdigest(),
        started_at=went.started_at,
        duration_s=went.duration_s,
        cli_duration_s=round(outcome.cli_duration_s, 6),
        context_bytes=outcome.progress.context_bytes,
        export_s=went.export_s,
        cache_hits=went.cache_hits,
        cache_steps=went.cache_steps,
        critical_path_s=went.critical_path_s,
        attribution="provenance" if exact else "names",
        edited=edited,
        image=image,
        steps=went.steps,
        engine=about.engine,
        imgopt=__version__,
        variant=about.variant,
        isolation=about.isolation,
        target=about.target,
        load_per_core=round(load.per_core, 3),
        steal=round(load.steal, 4),
        inputs=_inputs(about, vertices, digests),
    )


def _inputs(
    about: Circumstances, vertices: list[Vertex], digests: ContextDigests
) -> tuple[StepInputs, ...]:
    bases = base_digests(about.facts, {v.name for v in vertices})
    return step_inputs(about.facts, digests, bases, about.secrets)


def base_digests(facts: FileFacts, names: Iterable[str] = ()) -> dict[str, str]:
    """Base image → digest: as the steps' names of a build tell it, else as the engine does."""
    told = {m[1]: m[2] for name in names if (m := _FROM.search(name))}
    found = {}
    for index in facts.needed:
        base = facts.graph.stages[index].base
        if base.stage is not None or not base.text or facts.image(base.text).is_scratch:
            continue
        text = base.text
        full = next((d for n, d in told.items() if is_same_image(n, text)), None)
        digest = full or (text.rpartition("@")[2] if "@" in text else base_identity(text))
        if digest:
            found[text] = digest
    return found


def engine_facts(info: EngineInfo, builder: Builder) -> Engine:
    """The engine as a record keeps it; of a builder elsewhere, only what tells it apart."""
    here = builder.is_local
    return Engine(
        buildkit=builder.buildkit,
        docker=info.docker,
        driver=builder.driver,
        storage=info.storage,
        cpus=info.cpus if here else 0,
        memory_bytes=info.memory_bytes if here else 0,
        machine=info.machine if here else builder.identity,
    )

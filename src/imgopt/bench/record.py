"""From a build's events, metadata and image to its BuildRecord, if it failed, too."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from imgopt import __version__
from imgopt.bench.circumstances import Circumstances
from imgopt.bench.stats import Load
from imgopt.bench.step_inputs import ContextDigests, step_inputs
from imgopt.buildkit.builder import Builder
from imgopt.buildkit.buildx import BuildOutcome
from imgopt.buildkit.course import Course, course
from imgopt.buildkit.digests import base_identity
from imgopt.buildkit.failure import StepFailed
from imgopt.buildkit.progress import Vertex
from imgopt.buildkit.provenance import Place, by_name, by_provenance, is_same_image
from imgopt.docker.info import EngineInfo
from imgopt.errors import EngineError
from imgopt.facts.file import FileFacts
from imgopt.masking import redacted
from imgopt.records.build import BaseImage, BuildRecord, BuiltImage, Engine

_FROM = re.compile(r"\bFROM (\S+)@(sha256:[0-9a-f]{64})")


def make_record(
    about: Circumstances,
    facts: FileFacts,
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
    exact = by_provenance(outcome.metadata, facts.graph)
    went = _course(about, vertices, {**_named(vertices, facts), **exact})
    if went is None:
        raise EngineError(
            "buildx printed no build events; its --progress=rawjson is not understood"
        )
    bases = base_digests(facts, {v.name for v in vertices})
    return BuildRecord(
        **about.fields(scenario, sample, edited),
        started_at=went.started_at,
        duration_s=went.duration_s,
        cli_duration_s=round(outcome.cli_duration_s, 6),
        context_bytes=outcome.progress.context_bytes,
        export_s=went.export_s,
        cache_hits=went.cache_hits,
        cache_steps=went.cache_steps,
        critical_path_s=went.critical_path_s,
        attribution="provenance" if exact else "names",
        image=image,
        steps=went.steps,
        load_per_core=round(load.per_core, 3),
        steal=round(load.steal, 4),
        inputs=step_inputs(facts, digests, bases, about.secrets),
        bases=_bases(facts, bases, about.secrets),
        imgopt=__version__,
    )


def failed_record(
    about: Circumstances,
    facts: FileFacts | None,
    scenario: str,
    sample: int,
    edited: str,
    error: StepFailed,
    digests: ContextDigests | None,
) -> BuildRecord:
    """The record of a build that failed, or could not begin: then nothing may be known of it but
    why (no facts, no digests)."""
    vertices = list(error.progress.vertices.values())
    went = _course(about, vertices, _named(vertices, facts) if facts else {})
    if went is None:
        went = Course(datetime.now(UTC), 0.0, 0.0, 0, 0, 0.0, ())
    bases = base_digests(facts, {v.name for v in vertices}) if facts else {}
    return BuildRecord(
        **about.fields(scenario, sample, edited),
        started_at=went.started_at,
        duration_s=went.duration_s,
        cli_duration_s=went.duration_s,
        context_bytes=error.progress.context_bytes,
        export_s=went.export_s,
        cache_hits=went.cache_hits,
        cache_steps=went.cache_steps,
        critical_path_s=went.critical_path_s,
        attribution="names",
        image=BuiltImage("", 0, ()),
        steps=went.steps,
        inputs=step_inputs(facts, digests, bases, about.secrets) if facts and digests else (),
        bases=_bases(facts, bases, about.secrets) if facts else (),
        failure=error.failure,
        imgopt=__version__,
    )


def _course(
    about: Circumstances, vertices: Iterable[Vertex], places: Mapping[str, Place]
) -> Course | None:
    return course(vertices, places, lambda text: redacted(text, about.secrets))


def _named(vertices: Iterable[Vertex], facts: FileFacts) -> dict[str, Place]:
    return by_name([(v.digest, v.name) for v in vertices], facts.graph)


def _bases(
    facts: FileFacts, digests: Mapping[str, str], secrets: Iterable[str]
) -> tuple[BaseImage, ...]:
    """The images that the build starts from, in the file's order."""
    stages = (facts.graph.stages[index].base for index in sorted(facts.needed))
    names = dict.fromkeys(base.text for base in stages if base.stage is None and base.text)
    return tuple(BaseImage(redacted(name, secrets), digests.get(name, "")) for name in names)


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

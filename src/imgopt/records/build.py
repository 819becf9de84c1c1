"""BuildRecord: one measured build; a contract (docs/architecture.md): changes only add."""

from __future__ import annotations

import hashlib
from datetime import datetime

import msgspec

from imgopt.records.inputs import StepInputs
from imgopt.records.variant import Side, side_of

SCHEMA_VERSION = 1
# The isolation of a build that was done anyway: what it is kept apart by from measured ones.
RECORDED = "recorded"


class Step(msgspec.Struct, frozen=True):
    """One vertex of the build. `line` and `end_line` are 0 for what is no Dockerfile line;
    `started_s` counts from the start of the build; `inputs` are digests of other steps;
    `critical` when the end of the build waited for it. The time of a cached step is what BuildKit
    took to find it, or to fetch it from an imported cache."""

    digest: str
    name: str
    stage: str
    line: int
    end_line: int
    instruction: str
    started_s: float
    duration_s: float
    cached: bool
    inputs: tuple[str, ...] = ()
    critical: bool = False


class Layer(msgspec.Struct, frozen=True):
    """One layer with the sum of its files; `line` is 0 for layers of the base image."""

    digest: str
    size_bytes: int
    line: int
    instruction: str


class BuiltImage(msgspec.Struct, frozen=True):
    """The image that a build made; `size_bytes` is the sum of its layers' files, uncompressed.

    Earlier versions took the engine's sizes: in containerd's store, blocks of its disk.
    """

    id: str
    size_bytes: int
    layers: tuple[Layer, ...]


class Engine(msgspec.Struct, frozen=True):
    """Where it was built. `machine` tells machines apart without naming them."""

    buildkit: str
    docker: str
    driver: str
    storage: str
    cpus: int
    memory_bytes: int
    machine: str


class BaseImage(msgspec.Struct, frozen=True):
    """An image that the build started from or copied from: its name, and its digest if known."""

    name: str
    digest: str = ""


class Failure(msgspec.Struct, frozen=True):
    """Why a build failed: the step that did (line 0: none of the Dockerfile's), what BuildKit
    said of it, and the end of the step's log; secrets are masked."""

    step: str
    stage: str
    line: int
    message: str
    log: str = ""


class BuildRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One build of one service: a sample of a scenario that was measured, or a build that was
    done anyway (scenario `ci` or `local`). Durations in seconds, sizes in bytes.

    `duration_s` is the wall time from BuildKit's events, `cli_duration_s` that of the whole
    command, `critical_path_s` the sum of the steps that nothing ran in parallel to. `variant` is
    what the sample was compared as (empty outside a comparison; `side` reads it), `load_per_core`
    and `steal` what else ran on the machine. `inputs` is what the steps depended on. `isolation`
    is `shared`, `builder` (a named one) or `disposable`, and `recorded` for a build that was done
    anyway: of another level are never mixed. `target` is the stage that was built
    (empty: the last). A build that failed has a `failure`, and an empty image. `ref` is
    BuildKit's own name of a build that was done anyway, `build_args` what it was given (secrets
    masked), `findings` how many findings lint had (None: it was not asked). Of a build that was
    done anyway nobody knows the layers: the image has its digest, and a size of 0.
    """

    run: str
    service: str
    scenario: str
    sample: int
    commit: str
    dirty: bool
    committed_at: datetime | None
    subject: str
    dockerfile: str
    dockerfile_digest: str
    started_at: datetime
    duration_s: float
    cli_duration_s: float
    context_bytes: int
    export_s: float
    cache_hits: int
    cache_steps: int
    critical_path_s: float
    attribution: str
    edited: str
    image: BuiltImage
    steps: tuple[Step, ...]
    engine: Engine
    imgopt: str
    variant: str = ""
    isolation: str = "shared"
    load_per_core: float = 0.0
    steal: float = 0.0
    inputs: tuple[StepInputs, ...] = ()
    target: str = ""
    author: str = ""
    bases: tuple[BaseImage, ...] = ()
    build_args: dict[str, str] = {}
    failure: Failure | None = None
    findings: int | None = None
    ref: str = ""
    schema_version: int = SCHEMA_VERSION

    @property
    def side(self) -> Side | None:
        """The side of a comparison that the sample is of; None outside one."""
        return side_of(self.variant)

    @property
    def is_measured(self) -> bool:
        """Whether it is a sample that others may be compared with: of a build that succeeded, and
        that was made to measure."""
        return self.failure is None and not self.ref


_LATER: dict[str, object] = {
    "variant": "", "isolation": "shared", "load_per_core": 0.0, "steal": 0.0, "inputs": (),
    "target": "", "author": "", "bases": (), "build_args": {}, "failure": None, "findings": None,
    "ref": "",
}  # fmt: skip


_ENCODER = msgspec.json.Encoder(order="sorted")
_FIELDS = [(name, f'"{name}":'.encode()) for name in sorted(BuildRecord.__struct_fields__)]
# Quotes inside of strings have a backslash before them: this is a step's field and nothing else.
_NOT_CRITICAL, _NEXT = b',"critical":false,"digest":', b',"digest":'


def encode(record: BuildRecord) -> bytes:
    """Canonical JSON: the same record always gives the same bytes."""
    return _ENCODER.encode(record)


def decode(data: bytes | str) -> BuildRecord:
    """A record from JSON; msgspec.DecodeError or ValidationError when it is none."""
    return msgspec.json.decode(data, type=BuildRecord)


def content_id(record: BuildRecord) -> str:
    """The record's identity: sha256 of its canonical JSON.

    Fields that came later count only where they say something, so that a record which was
    written before them keeps its identity. A build that was done anyway is the same however much
    was known when it was recorded: BuildKit's name of it and what it was recorded as are it.
    """
    return identified(record)[0]


def identified(record: BuildRecord) -> tuple[str, bytes]:
    """What `content_id` and `encode` give, in less time than both take."""
    all_, counted = [], []
    for name, key in _FIELDS:
        value = getattr(record, name)
        part = key + _ENCODER.encode(value)
        all_.append(part)
        if name in _LATER:
            default = _LATER[name]
            if value == default or (default == () and not value):
                continue
        elif name == "steps":
            part = part.replace(_NOT_CRITICAL, _NEXT)
        counted.append(part)
    if record.ref:
        known = (record.ref, record.service, record.scenario, record.started_at)
        identity = hashlib.sha256(msgspec.json.encode(known)).hexdigest()
    else:
        identity = hashlib.sha256(b"{%b}" % b",".join(counted)).hexdigest()
    return identity, b"{%b}" % b",".join(all_)

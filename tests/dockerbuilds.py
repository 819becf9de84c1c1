"""Archives of builds for tests: as buildx writes them, from parts that may be anything."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from places import ROOT

from imgopt.buildkit.dockerbuild.layout import HISTORY_RECORD, PROVENANCE, STATUS
from imgopt.buildkit.dockerbuild.messages import message_class

FIXTURES = ROOT / "tests" / "fixtures" / "dockerbuild"
INDEX = "application/vnd.oci.image.index.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
START = 1_790_000_000
Blob = tuple[str, bytes]


def digest_of(number: int) -> str:
    """The digest of a step."""
    return f"sha256:{number:064x}"


def config(ref: str = "refofabuild1", **changes: object) -> dict[str, Any]:
    """A history record of a build that took ten seconds."""
    made: dict[str, Any] = {
        "Ref": ref,
        "FrontendAttrs": {"filename": "Dockerfile"},
        "CreatedAt": {"seconds": START, "nanos": 500_000_000},
        "CompletedAt": {"seconds": START + 10, "nanos": 500_000_000},
    }
    return {**made, **changes}


def step(number: int, title: str = "", **changes: Any) -> dict[str, Any]:
    """A vertex that took a second."""
    made: dict[str, Any] = {
        "digest": digest_of(number).encode(),
        "name": (title or f"step {number}").encode(),
        "started": {"seconds": START + number},
        "completed": {"seconds": START + number + 1},
    }
    return {**made, **changes}


def message(**fields: Any) -> bytes:
    """A StatusResponse."""
    return bytes(message_class("StatusResponse")(**fields).SerializeToString())


def framed(*messages: bytes) -> bytes:
    """A status stream."""
    return b"".join(len(m).to_bytes(4, "little") + m for m in messages)


def build(
    about: Mapping[str, Any] | None = None,
    steps: Sequence[Mapping[str, Any]] = (),
    provenance: Mapping[str, Any] | None = None,
    **others: Any,
) -> list[Blob]:
    """The blobs of a build; `others` are statuses and logs of the status stream."""
    blobs = [
        (HISTORY_RECORD, json.dumps(about or config()).encode()),
        (STATUS, framed(message(vertexes=steps or [step(1)], **others))),
    ]
    if provenance is not None:
        blobs.append((PROVENANCE, json.dumps(provenance).encode()))
    return blobs


def files(builds: Iterable[Sequence[Blob]]) -> dict[str, bytes]:
    """The files of an OCI layout; one build stands in its index, several in one of their own."""
    store: dict[str, bytes] = {}

    def put(data: bytes, media_type: str) -> dict[str, Any]:
        digest = hashlib.sha256(data).hexdigest()
        store[f"blobs/sha256/{digest}"] = data
        return {"mediaType": media_type, "digest": f"sha256:{digest}", "size": len(data)}

    manifests = []
    for (kind, about), *rest in builds:
        manifest = {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": put(about, kind),
            "layers": [put(data, media_type) for media_type, data in rest],
        }
        manifests.append(put(json.dumps(manifest).encode(), MANIFEST))
    index = {"schemaVersion": 2, "mediaType": INDEX, "manifests": manifests}
    if len(manifests) > 1:
        index = {**index, "manifests": [put(json.dumps(index).encode(), INDEX)]}
    return {**store, "index.json": json.dumps(index).encode(), "oci-layout": b"{}"}


def tar(entries: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, data in entries.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return out.getvalue()


def dockerbuild(*builds: Sequence[Blob]) -> bytes:
    """A .dockerbuild file."""
    return gzip.compress(tar(files(builds)), mtime=0)


def zipped(entries: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return out.getvalue()

"""Indexes, manifests and configurations: from a name or an index to one image's description.

Sources: OCI image-spec (image-index.md, manifest.md, config.md), Docker image manifest v2.2.
"""

from __future__ import annotations

import platform as machine
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from imgopt.errors import ImageError

MAX_DOCUMENT_BYTES = 8_000_000
MAX_LAYERS = 2_000
_DEPTH = 8
_MACHINES = {"x86_64": "amd64", "aarch64": "arm64", "armv7l": "arm/v7", "i686": "386"}


class Descriptor(msgspec.Struct, frozen=True):
    """A blob as a manifest names it."""

    digest: str
    size_bytes: int
    media_type: str = ""


class Manifest(msgspec.Struct, frozen=True):
    """One image: its configuration and its layers, lowest first."""

    digest: str
    config: Descriptor
    layers: tuple[Descriptor, ...]
    platform: str = ""


# The bytes of a document by its digest; None where the source does not hold it.
Fetch = Callable[[Descriptor], bytes | None]


def parse(data: bytes, what: str) -> dict[str, Any]:
    """A JSON object; ImageError for anything else."""
    if len(data) > MAX_DOCUMENT_BYTES:
        raise ImageError(f"{what}: a document of {len(data)} bytes")
    try:
        found = msgspec.json.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise ImageError(f"{what} is not valid JSON: {error}") from error
    if not isinstance(found, dict):
        raise ImageError(f"{what} is not understood (it is no object)")
    return found


def resolve(document: Mapping[str, Any], digest: str, name: str, wanted: str, fetch: Fetch,
            platform: str = "") -> Manifest:  # fmt: skip
    """The manifest of one image out of an index or a manifest.

    `wanted` is a platform such as linux/arm64; empty for this machine's, else the only or first
    one that the source holds. ImageError where there is none, naming those that there are.
    """
    for _ in range(_DEPTH):
        if isinstance(document.get("layers"), list):
            return _manifest(document, digest, name, platform)
        rows = _rows(document, name)
        found = None
        for row in _ordered(rows, wanted, name):
            data = fetch(row[1])
            if data is not None:
                platform, digest = row[0] or platform, row[1].digest
                found = parse(data, f"{name}: {digest}")
                break
        if found is None:
            raise ImageError(f"{name}: its index names no image that is there")
        document = found
    raise ImageError(f"{name}: indexes are nested more than {_DEPTH} deep")


def platforms(document: Mapping[str, Any], name: str) -> list[str]:
    """The platforms that an index names."""
    return [row[0] for row in _rows(document, name) if row[0]]


def descriptor(row: Any, name: str) -> Descriptor:
    """A descriptor; ImageError where it is none."""
    try:
        found = Descriptor(str(row["digest"]), int(row.get("size") or 0),
                           str(row.get("mediaType") or ""))  # fmt: skip
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ImageError(f"{name}: its manifest is not understood ({error!r})") from error
    algorithm, _, value = found.digest.partition(":")
    if algorithm not in ("sha256", "sha512") or not value.isalnum():
        raise ImageError(f"{name}: its manifest is not understood (digest {found.digest[:80]!r})")
    return found


def _manifest(document: Mapping[str, Any], digest: str, name: str, platform: str) -> Manifest:
    layers = document["layers"]
    if len(layers) > MAX_LAYERS:
        raise ImageError(f"{name}: an image of {len(layers)} layers")
    found = tuple(descriptor(row, name) for row in layers)
    return Manifest(digest, descriptor(document.get("config"), name), found, platform)


def _rows(document: Mapping[str, Any], name: str) -> list[tuple[str, Descriptor]]:
    """(platform, descriptor) of each image of an index; attestations are none."""
    listed = document.get("manifests")
    if not isinstance(listed, list):
        raise ImageError(f"{name}: neither an image manifest nor an index")
    found = []
    for row in listed[:MAX_LAYERS]:
        platform = _platform(row.get("platform") if isinstance(row, dict) else None)
        if not platform.startswith("unknown/"):
            found.append((platform, descriptor(row, name)))
    return found


def _platform(row: Any) -> str:
    if not isinstance(row, dict):
        return ""
    parts = [row.get("os"), row.get("architecture"), row.get("variant")]
    return "/".join(str(part) for part in parts if part)


def _ordered(
    rows: Sequence[tuple[str, Descriptor]], wanted: str, name: str
) -> list[tuple[str, Descriptor]]:
    """Those to try, the best first."""
    if wanted:
        found = [row for row in rows if not row[0] or _is_platform(row[0], wanted)]
        if not found:
            known = ", ".join(sorted({row[0] for row in rows})) or "none"
            raise ImageError(f"{name} has no platform {wanted}; it has {known}")
        return found
    own = f"linux/{_MACHINES.get(machine.machine(), machine.machine())}"
    return sorted(rows, key=lambda row: not _is_platform(row[0], own))


def _is_platform(platform: str, wanted: str) -> bool:
    return platform == wanted or platform.startswith(f"{wanted}/") or platform == f"{wanted}/v8"

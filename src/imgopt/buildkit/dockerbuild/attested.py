"""What the SLSA provenance of a build says: lines of its steps, Dockerfile, base images, commit.

Source: BuildKit's docs/attestations/slsa-definitions.md, for predicates v0.2 and v1; the package
URLs of materials: purl-spec, type docker.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Collection, Iterable
from typing import Any
from urllib.parse import unquote

import msgspec

from imgopt.buildkit.dockerbuild.source import clean, rows, table
from imgopt.buildkit.provenance import Place, by_provenance
from imgopt.dockerfile.stages import StageGraph
from imgopt.errors import ConfigError
from imgopt.records.build import BaseImage

_METADATA = "https://mobyproject.org/buildkit@v1#metadata"
_METADATA_V1 = "buildkit_metadata"
_DOCKER = "pkg:docker/"
_DIGEST = re.compile(r"[0-9a-f]{64}")
_SHA1 = re.compile(r"[0-9a-f]{40}")
# Images that take part in a build and are no base of it.
_TOOLS = ("docker/dockerfile", "docker/dockerfile-upstream", "docker/buildkit-syft-scanner")
_MOST_BASES = 200
_MEMORY_LIMIT = 1 << 50


class Attested(msgspec.Struct, frozen=True):
    """The provenances of one build: one a platform."""

    documents: tuple[dict[str, Any], ...] = ()

    def dockerfile(self, name: str) -> bytes:
        """The Dockerfile as BuildKit read it; empty where it is not told."""
        for info in self._infos():
            if info.get("language") not in ("Dockerfile", "", None):
                continue
            try:
                return base64.b64decode(str(info.get("data") or ""), validate=True)
            except (binascii.Error, ValueError) as error:
                raise ConfigError(f"{name}: its provenance is not understood ({error})") from error
        return b""

    def places(self, digests: Collection[str], graph: StageGraph, name: str) -> dict[str, Place]:
        """Where those of the steps stand that a provenance names."""
        found: dict[str, Place] = {}
        for each in self.documents:
            config = _build_config(each)
            mapping = table(config, "digestMapping")
            config["digestMapping"] = {d: step for d, step in mapping.items() if d in digests}
            try:
                found |= by_provenance({"buildx.build.provenance": each}, graph)
            except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
                raise ConfigError(f"{name}: its provenance is not understood ({error})") from error
        return found

    def commit(self) -> str:
        """The commit of a build context that BuildKit fetched from git."""
        for each in self.documents:
            given = table(table(each, "buildDefinition"), "externalParameters")
            sources = [table(place, "configSource") for place in (table(each, "invocation"), given)]
            for material in (*sources, *_materials(each)):
                sha = table(material, "digest").get("sha1")
                is_git = ".git" in str(material.get("uri", ""))
                if is_git and isinstance(sha, str) and _SHA1.fullmatch(sha):
                    return sha
        return ""

    def bases(self, without: Iterable[str] = ()) -> tuple[BaseImage, ...]:
        """The images that the build took, but for BuildKit's own tools and those of `without`."""
        tools = (*_TOOLS, *without)
        found: dict[BaseImage, None] = {}
        for each in self.documents:
            for material in _materials(each):
                base = _base(material)
                if base and not any(_is(base.name, tool) for tool in tools):
                    found[base] = None
        return tuple(found)[:_MOST_BASES]

    def memory_bytes(self) -> int:
        """The memory of the machine that built, 0 where it is not told."""
        for each in self.documents:
            for usage in rows(_metadata(each), "sysUsage"):
                total = table(usage, "memoryStat").get("total")
                if isinstance(total, int) and 0 < total * 1024 < _MEMORY_LIMIT:
                    return total * 1024
        return 0

    def _infos(self) -> list[dict[str, Any]]:
        return [
            info
            for each in self.documents
            for info in rows(table(_metadata(each), "source"), "infos")
        ]


def _build_config(document: dict[str, Any]) -> dict[str, Any]:
    """Where v0.2 or v1 has the steps, a part of the document."""
    if isinstance(document.get("buildConfig"), dict):
        return table(document, "buildConfig")
    parameters = table(table(document, "buildDefinition"), "internalParameters")
    return table(parameters, "buildConfig")


def _metadata(document: dict[str, Any]) -> dict[str, Any]:
    """BuildKit's own metadata of v0.2 or v1."""
    if isinstance(document.get("metadata"), dict):
        return table(table(document, "metadata"), _METADATA)
    return table(table(table(document, "runDetails"), "metadata"), _METADATA_V1)


def _materials(document: dict[str, Any]) -> list[dict[str, Any]]:
    resolved = rows(table(document, "buildDefinition"), "resolvedDependencies")
    return [*rows(document, "materials"), *resolved]


def _base(material: dict[str, Any]) -> BaseImage | None:
    """The image of a material, `pkg:docker/NAME@TAG?platform=…`; None for one of another kind."""
    uri = material.get("uri")
    if not isinstance(uri, str) or not uri.startswith(_DOCKER):
        return None
    path = unquote(uri.removeprefix(_DOCKER).partition("?")[0][:1000], errors="replace")
    name, _, tag = clean(path).rpartition("@")
    digest = table(material, "digest").get("sha256")
    known = isinstance(digest, str) and _DIGEST.fullmatch(digest)
    shown = f"{name}:{tag}" if name and not tag.startswith("sha256:") else name or tag
    return BaseImage(shown[:500], f"sha256:{digest}" if known else "")


def _is(name: str, tool: str) -> bool:
    """Whether an image is a tool, of whatever tag."""
    path = name.rpartition(":")[0] if ":" in name.rpartition("/")[2] else name
    return path.removeprefix("docker.io/") == tool.removeprefix("docker.io/")

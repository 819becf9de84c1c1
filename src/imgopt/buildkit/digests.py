"""Which image a name means now: its digest, from its registry or from the engine."""

from __future__ import annotations

import re

from imgopt.buildkit.docker_cli import run
from imgopt.docker.images import identity, registry_digest
from imgopt.errors import EngineError, ImageError

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


def image_digest(name: str) -> str | None:
    """The digest of an image's name: what its registry says, else what the engine pulled it by;
    None when neither knows it."""
    try:
        argv = ("buildx", "imagetools", "inspect", "--format", "{{.Manifest.Digest}}", name)
        digest = run(*argv, timeout_s=30).strip()
    except EngineError:
        try:
            digest = registry_digest(name)
        except (EngineError, ImageError, ModuleNotFoundError):  # lint's install has no SDK
            return None
    return digest if _DIGEST.fullmatch(digest) else None


def base_identity(name: str) -> str | None:
    """What tells a base image from another one of its name: the digest that the engine has it by,
    else its id, else its registry's digest; None when nobody knows it."""
    try:
        return identity(name)
    except (EngineError, ImageError):
        return image_digest(name)

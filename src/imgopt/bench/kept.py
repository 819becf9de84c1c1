"""The names that images keep after a run, and what a name of an image may be."""

from __future__ import annotations

import re
from collections.abc import Sequence

from imgopt.errors import ConfigError
from imgopt.project.image import Image

# Source: the grammar of distribution/reference, as `docker tag` holds it.
_COMPONENT = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_HOST = r"(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])"
_DOMAIN = rf"(?:{_HOST}(?:\.{_HOST})*|\[[a-fA-F0-9:]+\])(?::[0-9]+)?"
_NAME = re.compile(rf"(?:{_DOMAIN}/)?{_COMPONENT}(?:/{_COMPONENT})*")
_MOST = 255
_SEPARATORS = re.compile(r"[^a-z0-9]+")


def kept_names(images: Sequence[Image], prefix: str) -> dict[str, str]:
    """Service → `PREFIX/SERVICE`; ConfigError for what is no image's name, and for one name of
    two services."""
    found: dict[str, str] = {}
    for image in images:
        name = f"{prefix}/{_component(image.name)}"
        if not _NAME.fullmatch(name) or len(name) > _MOST:
            raise ConfigError(
                f"--keep-images {prefix!r}: {name!r} is not a valid image name; use lower-case "
                f"letters, digits and single '.', '_' or '-' between them, as in team/bench"
            )
        if name in found.values():
            raise ConfigError(f"--keep-images: two services would both be kept as {name}")
        found[image.name] = name
    return found


def _component(service: str) -> str:
    """A service's name as one component of an image's."""
    lower = service.lower()
    if re.fullmatch(_COMPONENT, lower):
        return lower
    return _SEPARATORS.sub("-", lower).strip("-") or "service"

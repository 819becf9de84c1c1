"""One image that a project builds."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec


class Inline(msgspec.Struct, frozen=True):
    """The text of a `dockerfile_inline`, and where it stands in its file (0: unknown)."""

    text: str
    line: int = 0
    indent: int = 0


class Image(msgspec.Struct, frozen=True):
    """One image to build. Paths are absolute; `name` is the service that it is called by.

    `contexts` are named build contexts: name → absolute path, URL or docker-image://….
    `has_healthcheck` is what the service says of itself, None where it says nothing. `inline` is
    a Dockerfile that stands in a compose file; `dockerfile` then is that file. A build that does
    not `export` only checks something, or fills a cache. `tags` are the names that the image gets.
    With `only_named`, the configuration names it and says nothing of its build.
    """

    name: str
    context: Path
    dockerfile: Path
    target: str = ""
    build_args: Mapping[str, str] = {}
    scenarios: tuple[str, ...] = ()
    network: str = ""
    contexts: Mapping[str, str] = {}
    has_healthcheck: bool | None = None
    inline: Inline | None = None
    exports: bool = True
    tags: tuple[str, ...] = ()
    only_named: bool = False

    def same_build(self, other: Image) -> bool:
        return (self.context, self.dockerfile, self.target, dict(self.build_args)) == (
            other.context,
            other.dockerfile,
            other.target,
            dict(other.build_args),
        )

"""What builds on an empty builder import and export."""

from __future__ import annotations

from pathlib import Path

import msgspec

from imgopt.bench.options import Options
from imgopt.bench.scenario import CI, CI_CODE_CHANGE
from imgopt.bench.session import tag_part
from imgopt.errors import ConfigError

SERVICE = "{service}"


class Caches(msgspec.Struct, frozen=True):
    """Values of --cache-from, and of --cache-to: `to` of the build that fills the cache, before
    the samples, `exported` of the samples. Without `to`, what is there is imported."""

    from_: tuple[str, ...] = ()
    to: tuple[str, ...] = ()
    exported: tuple[str, ...] = ()


def caches_of(service: str, key: str, folder: Path, options: Options) -> Caches:
    """The caches of one service; `key` tells the variants of a comparison apart.

    With `cache_to`, the run fills that cache and the samples export to it, too, as a CI job does.
    With `cache_from` alone, they import what others have put there. With neither, the run fills
    a cache in `folder`.
    """
    if options.cache_to:
        name = tag_part(key)
        to = tuple(value.replace(SERVICE, name) for value in options.cache_to)
        return Caches(tuple(v.replace(SERVICE, name) for v in options.cache_from), to, to)
    if options.cache_from:
        return Caches(tuple(v.replace(SERVICE, service) for v in options.cache_from))
    return Caches((f"type=local,src={folder}",), (f"type=local,dest={folder},mode=max",))


def imports_cache(scenario: str, options: Options) -> bool:
    """Whether a scenario is built on an empty builder that imports a cache."""
    custom = options.custom.get(scenario)
    return custom.ci if custom else scenario in (CI, CI_CODE_CHANGE)


def check(options: Options, variants: int) -> None:
    """ConfigError for caches that several services or variants would write over each other."""
    if options.cache_to and not options.cache_from:
        raise ConfigError("cache-to without cache-from: name what the builds import, too")
    shared = [v for v in options.cache_to if SERVICE not in v]
    if shared and variants > 1:
        raise ConfigError(
            f"cache-to {shared[0]!r}: several services or variants would write over each other; "
            f"put {SERVICE} into its name"
        )

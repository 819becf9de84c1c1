"""What builds on an empty builder import and export."""

from __future__ import annotations

from pathlib import Path

import msgspec

from imgopt.bench.options import Options
from imgopt.bench.session import tag_part
from imgopt.errors import ConfigError

SERVICE = "{service}"


class Transfer(msgspec.Struct, frozen=True):
    """Values of --cache-from and --cache-to of one build. What imports or exports a cache uses the
    builder's own cache mounts: their space is part of a RUN's cache key, and those who filled the
    cache built without one."""

    from_: tuple[str, ...] = ()
    to: tuple[str, ...] = ()


class Caches(msgspec.Struct, frozen=True):
    """`fill` is the build before the samples that fills the cache, None where others have done it;
    `sample` is each sample's."""

    sample: Transfer
    fill: Transfer | None = None


def caches_of(service: str, key: str, folder: Path, options: Options) -> Caches:
    """The caches of one service; `key` tells the variants of a comparison apart.

    With `cache_to`, the run fills that cache and the samples export to it, too, as a CI job does.
    With `cache_from` alone, they import what others have put there. With neither, the run fills
    a cache in `folder`.
    """
    if options.cache_to:
        name = tag_part(key)
        to = tuple(value.replace(SERVICE, name) for value in options.cache_to)
        from_ = tuple(value.replace(SERVICE, name) for value in options.cache_from)
        return Caches(Transfer(from_, to), Transfer(to=to))
    if options.cache_from:
        return Caches(Transfer(tuple(v.replace(SERVICE, service) for v in options.cache_from)))
    fill = Transfer(to=(f"type=local,dest={folder},mode=max",))
    return Caches(Transfer((f"type=local,src={folder}",)), fill)


def check(options: Options, variants: int) -> None:
    """ConfigError for caches that several services or variants would overwrite each other."""
    if options.cache_to and not options.cache_from:
        raise ConfigError("cache-to without cache-from: name what the builds import, too")
    shared = [v for v in options.cache_to if SERVICE not in v]
    if shared and variants > 1:
        raise ConfigError(
            f"cache-to {shared[0]!r}: several services or variants would overwrite each other; "
            f"put {SERVICE} into its name"
        )

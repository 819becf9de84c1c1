"""Programs that build and are no package managers, with what they can use again. Source: their
manuals."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

import msgspec

from imgopt.facts.managers.caching import CompileCache, Place


class Builder(msgspec.Struct, frozen=True, kw_only=True):
    """One program that builds.

    `goals` maps each name of it to the words of which one makes it build; none for any. It counts
    only where a command or variable has a match of `in_use`, if that is not empty, and where none
    has one of `elsewhere`: a cache that is off, or kept by a server. `config` are files of the
    project that may say so, too. `release` is a package with the first major version that keeps
    its cache in this place.
    """

    name: str
    goals: Mapping[str, tuple[str, ...]]
    cache: CompileCache
    in_use: str = ""
    elsewhere: str = ""
    config: tuple[str, ...] = ()
    release: tuple[str, int] = ("", 0)

    def builds(self, words: list[str]) -> bool:
        """Whether a command with these words builds with it."""
        goals = self.goals.get(words[0]) if words else None
        return goals is not None and (not goals or not set(goals).isdisjoint(words[1:]))

    def is_elsewhere(self, texts: Iterable[str]) -> bool:
        return bool(self.elsewhere) and any(re.search(self.elsewhere, text) for text in texts)


_MAKE: Mapping[str, tuple[str, ...]] = {
    "make": (),
    "gmake": (),
    "ninja": (),
    "cmake": ("--build",),
    "meson": ("compile",),
    "scons": (),
}

BUILDERS = (
    Builder(name="next", goals={"next": ("build",)}, cache=CompileCache(Place(".next/cache"))),
    Builder(
        name="turbo",
        goals={"turbo": ("build", "run")},
        cache=CompileCache(Place(".turbo/cache", (("TURBO_CACHE_DIR", ""),))),
        elsewhere=r"^TURBO_(TOKEN|API|TEAM|FORCE)=|--(cache|cache-dir|force|remote-only)\b",
        release=("turbo", 2),
    ),
    Builder(
        name="ng",
        goals={"ng": ("build", "b")},
        cache=CompileCache(Place(".angular/cache")),
        elsewhere=r"^CI=|\"cache\"\s*:\s*\{",  # it keeps none in CI, and what its own file says
        config=("angular.json",),
        release=("@angular/cli", 13),
    ),
    Builder(
        name="bazel",
        goals=dict.fromkeys(("bazel", "bazelisk"), ("build", "test", "run")),
        cache=CompileCache(Place("/root/.cache/bazel"), holds_results=True),
        elsewhere=r"(remote_cache|disk_cache|output_base|output_user_root)\b",
        config=(".bazelrc",),
    ),
    Builder(
        name="ccache",
        goals=_MAKE,
        cache=CompileCache(Place("/root/.cache/ccache", (("CCACHE_DIR", ""),))),
        in_use=r"(^|[\s=/:'\"])ccache\b",
        elsewhere=r"^CCACHE_(DISABLE|REMOTE_STORAGE|REMOTE_ONLY)=",
    ),
    Builder(
        name="sccache",
        goals={**_MAKE, "cargo": ("build", "b", "install", "test")},
        cache=CompileCache(Place("/root/.cache/sccache", (("SCCACHE_DIR", ""),))),
        in_use=r"(^|[\s=/:'\"])sccache\b",
        elsewhere=r"^SCCACHE_(BUCKET|REDIS|MEMCACHED|GCS|GHA|AZURE|WEBDAV|OSS|COS|DIST)\w*=",
    ),
)

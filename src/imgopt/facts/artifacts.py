"""What builds write: the one path that is worth copying into another stage."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

import msgspec

from imgopt.dockerfile.shell import Command


class Build(msgspec.Struct, frozen=True, kw_only=True):
    """A command that builds: one of `goals` and all of `flags` are among its words.

    It writes to `writes`, or to what follows `output`; a `static` site is for a web server.
    """

    programs: frozenset[str]
    goals: frozenset[str]
    flags: frozenset[str] = frozenset()
    writes: str = ""
    output: str = ""
    static: bool = False


BUILDS = (
    Build(programs=frozenset({"go"}), goals=frozenset({"build"}), output="-o"),
    Build(
        programs=frozenset({"cargo"}),
        goals=frozenset({"build"}),
        flags=frozenset({"--release"}),
        writes="target/release",
    ),
    Build(
        programs=frozenset({"npm", "yarn", "pnpm", "bun", "npx", "vite", "ng"}),
        goals=frozenset({"build"}),
        writes="dist (or build)",
        static=True,
    ),
    Build(
        programs=frozenset({"mvn", "mvnw"}),
        goals=frozenset({"package", "verify"}),
        writes="target/*.jar",
    ),
)


def artifacts(command: Command, folder: str, for_web_server: bool) -> Iterator[str]:
    """The absolute paths that a command, run in a folder, builds."""
    words = frozenset(command.args)
    for build in BUILDS:
        if command.name not in build.programs or not build.goals & words:
            continue
        if not build.flags <= words or (build.static and not for_web_server):
            continue
        written = _behind(build.output, command.args) if build.output else build.writes
        if written and not ("$" in written or (build.output and "*" in written)):
            yield posixpath.normpath(posixpath.join(folder, written))


def _behind(flag: str, args: tuple[str, ...]) -> str:
    return args[args.index(flag) + 1] if flag in args[:-1] else ""

"""What builds write: the one path that is worth copying into another stage."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from imgopt.dockerfile.shell import Command
from imgopt.facts.managers import Managers
from imgopt.facts.managers.model import Build
from imgopt.facts.servers import builds_front_end
from imgopt.regex import lazy

# Folders that builds write, and clones do not have.
_OUTPUT = lazy(
    r"(^|/)(build|_build|target|dist|out|output|release|artifacts|publish|bin/(Release|Debug|x64))"
    r"(/|$)"
)
_STATIC_SITE = "dist (or build)"


def is_output(path: str) -> bool:
    """Whether a path in a project is what a build writes, or lies in it."""
    return bool(_OUTPUT.search(path))


def artifacts(
    command: Command, folder: str, for_web_server: bool, managers: Managers
) -> Iterator[str]:
    """The absolute paths that a command, run in a folder, builds; of a front end, its files, where
    they are for a web server."""
    manager = managers.of(command.name)
    written = [_written(build, command) for build in (manager.builds if manager else ())]
    if for_web_server and builds_front_end(command, managers):
        written.append(_STATIC_SITE)
    for path in written:
        if path:
            yield posixpath.normpath(posixpath.join(folder, path))


def _written(build: Build, command: Command) -> str:
    """What a command writes, as the table or the command says; empty where it is not known."""
    args = command.args
    if build.goals.isdisjoint(args) or not build.flags.issubset(args):
        return ""
    if not build.output:
        return build.writes
    path = args[args.index(build.output) + 1] if build.output in args[:-1] else ""
    return "" if "$" in path or "*" in path else path

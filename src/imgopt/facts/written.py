"""The files that a RUN is certain to leave in its layer: downloads, clones, and copies of them."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from imgopt.dockerfile.shell import Command
from imgopt.facts.copies import below
from imgopt.facts.fetches import fetched_file
from imgopt.facts.file_names import is_archive, is_package
from imgopt.facts.steps import Step

_MOVES = "mv"
_COPIES = frozenset({"cp", _MOVES})


def written_files(step: Step, known: set[str] | frozenset[str] = frozenset()) -> list[str]:
    """Absolute paths that a RUN writes and keeps; `known` are those of the steps before."""
    if step.instruction.keyword != "RUN" or any(m.type == "tmpfs" for m in step.mounts):
        return []
    return [path for path in _found(step, set(known)) if _stays(path, step)]


def _found(step: Step, known: set[str]) -> list[str]:
    """The paths that a RUN's downloads and clones write, and where it copies or moves such ones."""
    found: list[str] = []
    for command in step.commands:
        folder = step.folder(command)
        if command.conditional:
            continue
        if command.name in _COPIES:
            for source, target in _carried(command, folder, {*found, *known}):
                found = [path for path in found if command.name != _MOVES or path != source]
                found.append(target)
        elif (path := _download(command)) and (folder or path.startswith("/")):
            found.append(posixpath.normpath(posixpath.join(folder or "/", path)))
    return found


def _carried(command: Command, folder: str | None, known: set[str]) -> Iterator[tuple[str, str]]:
    """From and to where `cp` or `mv` takes an archive, a package, or what is known to be made."""
    words = [word for word in command.args if not word.startswith("-")]
    if len(words) < 2 or any(c in word for word in words for c in "$*?"):
        return
    *sources, target = [posixpath.join(folder or "", word) for word in words]
    for source in sources:
        name = posixpath.basename(source.rstrip("/"))
        path = posixpath.join(target, name) if target.endswith(("/", "/.")) else target
        source = posixpath.normpath(source)
        is_kept = is_archive(name) or is_package(name) or source in known
        if path.startswith("/") and len(sources) == 1 and name and is_kept:
            yield source, posixpath.normpath(path)


def _stays(path: str, step: Step) -> bool:
    """Whether what a RUN wrote is in its layer: not removed in it, nor below a mount."""
    name = posixpath.basename(path)
    if any(name in word for c in step.commands if c.name == "rm" for word in c.args):
        return False
    return not any(m.target and below(path, m.target) for m in step.caching_mounts())


def _download(command: Command) -> str | None:
    """The one path that a download or a clone writes."""
    if path := fetched_file(command):
        return _plain(path)
    args = list(command.args)
    urls = [a for a in args if "://" in a]
    if command.name == "git" and args[:1] == ["clone"] and len(urls) == 1:
        behind = args[args.index(urls[0]) + 1 :]
        name = behind[0] if behind else posixpath.basename(urls[0]).removesuffix(".git")
        return _plain(name)
    return None


def _plain(path: str) -> str | None:
    return path if path and path != "-" and not any(c in path for c in "$*?") else None

"""Facts about compile steps: what they can use again, and whether anything keeps it."""

from __future__ import annotations

import fnmatch
import posixpath
import re
from collections.abc import Iterator

import msgspec

from imgopt.dockerfile.shell import Command
from imgopt.facts.caches import directory_of
from imgopt.facts.commands import final_command
from imgopt.facts.copies import below, in_context
from imgopt.facts.downloads import without_mounts
from imgopt.facts.file import FileFacts
from imgopt.facts.installs import PACKAGES, PROJECT, Install
from imgopt.facts.managers.builders import BUILDERS, Builder
from imgopt.facts.managers.caching import CompileCache
from imgopt.facts.package_json import major_version
from imgopt.facts.scripts import programs_of_script, runner, started_words
from imgopt.facts.sources import brings_source, clones
from imgopt.facts.steps import StageFacts, Step
from imgopt.facts.words import environment

_MANY = 500  # a stage of more lines than any has is not looked at


class Compile(msgspec.Struct, frozen=True):
    """A command that compiles the project, and a cache of it that no mount keeps.

    `directory` is absolute, in `~` for a home that is not known, empty where nobody knows the
    folder, and None where a mount keeps it; `hides_results` when a mount on it would take away
    what the build is for; `flag` what the command lacks to use the cache at all, `undone_by` a
    flag that has no use made of it.
    """

    command: Command
    shown: str
    cache: CompileCache
    directory: str | None
    hides_results: bool
    flag: str = ""
    undone_by: str = ""


def compiles_anew(step: Step, stage: StageFacts, facts: FileFacts) -> Iterator[Compile]:
    """The compiles of a RUN, one a tool, that begin from nothing whenever the source changes."""
    if sum(len(link.steps) for link in facts.chain(stage)) > _MANY:
        return
    if any(clones(command) for command in step.commands):
        return
    if not any(brings_source(s, facts) for s in (*facts.steps_before(stage, step), step)):
        return
    found = [*_of_managers(step, stage, facts), *_of_builders(step, stage, facts)]
    names: set[str] = set()
    for name, compile_ in found:
        if name not in names:
            names.add(name)
            yield compile_


def _of_managers(step: Step, stage: StageFacts, facts: FileFacts) -> Iterator[tuple[str, Compile]]:
    told = without_mounts(step, stage, facts)
    for install in step.installs:
        manager, does = install.manager, install.does
        if not does.compiles or install.kind != PROJECT:
            continue
        for cache in manager.compile_caches:
            if not cache.helps or any(step.env.get(name) for name in cache.unless_env):
                continue
            # The mount that the downloads want comes with one for this.
            if any(install is other for other in told) and cache.place in manager.caches(does):
                continue
            if _is_in_two(install, step, stage, facts):
                continue
            if _is_one_file(cache, install, step, stage, facts):
                continue
            hides = cache.holds_results and install.action not in cache.delivers
            if hides and facts.in_final(stage) and final_command(stage, facts) is None:
                continue  # nobody knows what the image is for
            directory = _unkept(cache, install.command, step)
            flag = _missing_flag(cache, install, step, stage, facts)
            if flag or (flag is not None and not cache.flag and directory is not None):
                undone = next((f for f in cache.undone_by if install.has_flag(f)), "")
                yield (
                    manager.name,
                    Compile(install.command, install.shown, cache, directory, hides, flag, undone),
                )


def _is_in_two(install: Install, step: Step, stage: StageFacts, facts: FileFacts) -> bool:
    """Whether the dependencies are compiled into a layer, and the project behind it: the manager
    compiles twice in the image, and source comes between the two."""
    steps = [other for link in facts.chain(stage) for other in link.steps]
    position = next(i for i, other in enumerate(steps) if other is step)
    return any(
        _compiles(install, steps[first])
        and any(brings_source(s, facts) for s in steps[first + 1 : last])
        for first, last in _pairs(install, steps, position)
    )


def _pairs(install: Install, steps: list[Step], position: int) -> Iterator[tuple[int, int]]:
    """This step with each earlier and each later one in which the manager compiles."""
    for index, other in enumerate(steps):
        if index != position and _compiles(install, other):
            yield min(index, position), max(index, position)


def _compiles(install: Install, step: Step) -> bool:
    return any(
        other.manager.name == install.manager.name
        and other.kind != PACKAGES
        and other.does.compiles
        for other in step.installs
    )


def _is_one_file(
    cache: CompileCache, install: Install, step: Step, stage: StageFacts, facts: FileFacts
) -> bool:
    """Whether the project on disk is one file that depends on nothing."""
    folder = _context_folder(install.command, step, stage, facts)
    if not cache.source or facts.context is None or folder is None:
        return False
    prefix = "" if folder == "." else f"{folder}/"
    sources = [p for p in facts.context.files if p.startswith(prefix) and p.endswith(cache.source)]
    if len(sources) != 1:
        return False
    manifest = facts.context.read_text(f"{prefix}{install.manager.manifests[0]}") or ""
    return not re.search(cache.depends, manifest)


def _missing_flag(
    cache: CompileCache, install: Install, step: Step, stage: StageFacts, facts: FileFacts
) -> str | None:
    """The flag that a command needs to use the cache, empty where it has it or needs none; None
    where the cache is not worth it, or nobody can tell."""
    if not cache.flag:
        return ""
    folder = _context_folder(install.command, step, stage, facts)
    if facts.context is None or folder is None:
        return None
    texts = [install.command.text, *(f"{k}={v}" for k, v in step.env.items())]
    worth = False
    for position, pattern in enumerate(cache.files):
        for path in _files(folder, pattern, facts):
            text = facts.context.read_text(path) or ""
            texts.append(text)
            worth = worth or (position == 0 and bool(re.search(cache.worth, text)))
    if not worth:
        return None
    return "" if any(re.search(cache.is_on, text) for text in texts) else cache.flag


def _files(folder: str, pattern: str, facts: FileFacts) -> list[str]:
    files = facts.context.files if facts.context else {}
    place = "" if folder == "." else folder
    return [
        path
        for path in files
        if posixpath.dirname(path) == place
        and fnmatch.fnmatchcase(posixpath.basename(path), pattern)
    ]


def _of_builders(step: Step, stage: StageFacts, facts: FileFacts) -> Iterator[tuple[str, Compile]]:
    for command in step.commands:
        folder = _context_folder(command, step, stage, facts)
        for words in _programs(command, folder, facts):
            for builder in BUILDERS:
                if not builder.builds(words) or not _counts(builder, words, folder, step, facts):
                    continue
                cache = builder.cache
                directory = _unkept(cache, command, step)
                if directory is not None:
                    shown = " ".join((command.name, *command.args[:2]))
                    yield (
                        builder.name,
                        Compile(command, shown, cache, directory, cache.holds_results),
                    )


def _programs(command: Command, folder: str | None, facts: FileFacts) -> Iterator[list[str]]:
    """The words of the programs that a command comes to: its own, or those of a script."""
    yield started_words(command, facts.managers)
    manager = runner(command, facts.managers)
    if manager is not None and folder is not None:
        yield from programs_of_script(command, manager, folder, facts)


def _counts(
    builder: Builder, words: list[str], folder: str | None, step: Step, facts: FileFacts
) -> bool:
    """Whether a builder is in use here, with a cache in its own place."""
    variables = [f"{name}={value}" for name, value in step.env.items()]
    own = [" ".join(words), *(c.text for c in step.commands if c not in _installing(step))]
    if builder.in_use and not any(re.search(builder.in_use, t) for t in (*variables, *own)):
        return False
    config = [
        facts.context.read_text(posixpath.normpath(posixpath.join(folder, name))) or ""
        for name in builder.config
        if facts.context is not None and folder is not None
    ]
    if builder.is_elsewhere((*variables, *own, *config)):
        return False
    package, first = builder.release
    if not package:
        return True
    return (major_version(facts.context, folder or ".", package) or 0) >= first


def _installing(step: Step) -> list[Command]:
    return [install.command for install in step.installs]


def _unkept(cache: CompileCache, command: Command, step: Step) -> str | None:
    """The directory of a cache; None where a mount keeps it, or only the build knows it."""
    env = environment(command, step.env)
    if any(name in env and env[name] is None for name, _ in cache.place.moved_by):
        return None
    directory = directory_of(cache.place, command, step)
    if directory in ("", "off"):
        return None
    if not directory.startswith(("/", "~")):
        folder = step.folder(command)
        directory = posixpath.join(folder, directory) if folder else ""
    tail = _tail(cache)
    for mount in step.caching_mounts():
        target = step.resolve(mount.target)
        if target is None:
            return None
        if not target.startswith("/"):
            target = posixpath.join(step.workdir or "/", target)
        target = posixpath.normpath(target)
        if f"/{target}".replace("/.", "/").endswith(f"/{tail}"):
            return None
        if directory.startswith("/") and below(directory, target):
            return None
    return directory


def _tail(cache: CompileCache) -> str:
    """The end of a path by which a mount on the cache is known in any folder."""
    path = cache.place.path
    name = posixpath.basename(path) if path.startswith("/") else path
    return name.removeprefix(".")


def _context_folder(
    command: Command, step: Step, stage: StageFacts, facts: FileFacts
) -> str | None:
    folder = step.folder(command)
    if folder is None:
        return None
    return in_context(folder, facts.steps_before(stage, step), facts.context)

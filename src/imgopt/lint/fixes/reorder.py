"""The fixes that move instructions: what an install needs first, what changes often last."""

from __future__ import annotations

import fnmatch
import posixpath

import msgspec

from imgopt.context.build_context import BuildContext
from imgopt.dockerfile.model import Instruction, Position, Span
from imgopt.dockerfile.shell import Command
from imgopt.facts.commands import is_blind, sees_only
from imgopt.facts.copies import below, takes_everything
from imgopt.facts.file import FileFacts
from imgopt.facts.installs import PROJECT, Install
from imgopt.facts.requirements import names_local_packages, with_included
from imgopt.facts.steps import Copy, StageFacts, Step
from imgopt.lint.finding import Edit, Fix
from imgopt.lint.fixes.edits import (
    block_span,
    gap,
    insert,
    is_chain,
    lines_of,
    move_behind,
    safe,
    source,
    unsafe,
)

_CONFIGURATION = frozenset(
    "ENV ARG LABEL EXPOSE USER CMD ENTRYPOINT HEALTHCHECK STOPSIGNAL VOLUME SHELL".split()
)
_DATA = (".json", ".yaml")  # manifests that are no lists of lines


class Manifests(msgspec.Struct, frozen=True):
    """Context paths of what an install reads; `known` when the context on disk says so."""

    paths: tuple[str, ...]
    known: bool


class Split(msgspec.Struct, frozen=True):
    """Where the part of a RUN that needs no source ends, and the text of the rest, if any."""

    at: Position
    rest: str


class First(msgspec.Struct, frozen=True):
    """The lines that copy the manifests, empty where they come already; whether that is all that
    the install needs."""

    text: str
    certain: bool


def manifests_first(
    broad: Step, step: Step, install: Install, stage: StageFacts, facts: FileFacts
) -> Fix | None:
    """Copy the manifests, install, then copy the rest (IMG101)."""
    between = _between(stage, broad, step)
    if broad.copy is None or not _may_pass(broad, between, facts):
        return None
    if not install.manager.reads_only_manifests or not broad.instruction.exact:
        return None
    split = _split(step, facts)
    first = _first(broad.instruction, broad.copy, between, step, install, facts)
    if split is None or first is None:
        return None
    file = facts.file
    block = block_span(file, broad.instruction)
    behind = lines_of(file, block)
    edits = [Edit(block, first.text)]
    if split.rest:
        edits.append(Edit(Span(split.at, step.instruction.span.end), ""))
        behind += _run(step.instruction, split.rest)
    edits.append(insert(Position(step.instruction.end_line + 1, 1), behind))
    make = safe if first.certain else unsafe
    return make("copy the manifests, install, then copy the rest", tuple(edits))


def _first(
    instruction: Instruction,
    copy: Copy,
    between: list[Step],
    step: Step,
    install: Install,
    facts: FileFacts,
) -> First | None:
    """What has to stand where the broad COPY stands, None where that is not known."""
    if copy.target is None:
        return None
    everything = takes_everything(copy.sources[0] or "")
    folder = step.folder(install.command)
    if everything and (folder is None or not below(folder, copy.target)):
        return None
    inside = "" if folder is None else posixpath.relpath(folder, copy.target)
    inside = "" if inside == "." else inside
    wanted = _manifests(install, inside, facts) or Manifests((), False)
    if everything and len(copy.sources) == 1:
        text = _copy_of(instruction, wanted.paths) if wanted.paths else ""
        certain = wanted.known and not _installed_before(inside, facts)
        return First(text, certain) if text else None
    return First("", wanted.known) if _come(install.files, between) else None


def _come(files: tuple[str, ...], steps: list[Step]) -> bool:
    """Whether COPYs among these steps name all of these files, and there are any."""
    brought = {posixpath.basename(s) for o in steps if o.copy for s in o.copy.sources if s}
    return bool(files) and brought.issuperset(map(posixpath.basename, files))


def behind_if_free(
    broad: list[Step], step: Step, stage: StageFacts, facts: FileFacts
) -> Fix | None:
    """Move COPYs behind a RUN when nothing between the two can see their files (IMG107)."""
    for moved in broad:
        passed = [s for s in _between(stage, moved, step) if s not in broad]
        if not moved.instruction.exact or not _may_pass(moved, passed, facts):
            return None
    edits = move_behind(facts.file, [s.instruction for s in broad], step.instruction)
    return unsafe("install the system packages first", edits)


def _between(stage: StageFacts, first: Step, last: Step) -> list[Step]:
    return list(stage.steps[first.index + 1 : last.index])


def _may_pass(moved: Step, passed: list[Step], facts: FileFacts) -> bool:
    """Whether a COPY may come behind these steps without a change of the image."""
    target = moved.copy.target if moved.copy else None
    return target is not None and all(_lets_pass(s, moved, target, facts) for s in passed)


def _lets_pass(step: Step, moved: Step, target: str, facts: FileFacts) -> bool:
    keyword = step.instruction.keyword
    if keyword == "RUN":
        return sees_only(step, (target,), facts.managers)
    if step.copy is not None:
        other = step.copy.target
        if other is not None and not below(other, target) and not below(target, other):
            return True
        everything = takes_everything(moved.copy.sources[0] or "" if moved.copy else "")
        return len(step.copy.sources) == 1 and not everything
    names = keyword in ("ARG", "ENV") and "$" in moved.instruction.text
    return keyword in _CONFIGURATION and not names


def _split(step: Step, facts: FileFacts) -> Split | None:
    """None where no part of a RUN is certain to need no source."""
    commands = step.commands
    if not commands or step.instruction.heredocs or not all(c.exact for c in commands):
        return None
    installs = {id(install.command): install for install in step.installs}
    count = 0
    for command in commands:
        if not _needs_no_source(command, installs.get(id(command)), step, facts):
            break
        count += 1
    if count == len(commands):
        return Split(commands[-1].span.end, "")
    if not any(c.name for c in commands[:count] if id(c) in installs):
        return None
    if not is_chain(facts.file, step):
        return None
    if gap(facts.file, commands[count - 1], commands[count]) != "&&":
        return None
    rest = source(facts.file, Span(commands[count].span.start, step.instruction.span.end))
    return Split(commands[count - 1].span.end, rest.replace("\r\n", "\n"))


def _needs_no_source(
    command: Command, install: Install | None, step: Step, facts: FileFacts
) -> bool:
    if command.cwd != "" or command.conditional:
        return False
    if install is not None:
        return install.kind != PROJECT
    return is_blind(command, step, (step.workdir or "/",), facts.managers)


def _run(instruction: Instruction, tail: str) -> str:
    flags = "".join(f"--{f.name}={f.value} " for f in instruction.flags)
    return f"{instruction.keyword} {flags}{tail}\n"


def _manifests(install: Install, inside: str, facts: FileFacts) -> Manifests | None:
    """What the install reads, as paths in the context; None when it may need more."""
    manager, context = install.manager, facts.context
    if install.files:
        return _requirements(install.files, inside, context)
    if context is None:
        return Manifests(manager.usual, False) if manager.usual and not inside else None
    taken = [
        path
        for path in sorted(context.files)
        if posixpath.dirname(path) == inside
        and _is_one_of(path, (*manager.manifests, *manager.locks))
    ]
    if not any(posixpath.basename(path) == manager.manifests[0] for path in taken):
        return None
    lists = (p for p in taken if not _is_one_of(p, manager.locks) and not p.endswith(_DATA))
    if any(names_local_packages(context.read_text(path)) for path in lists):
        return None
    return Manifests(tuple(taken), True)


def _requirements(
    files: tuple[str, ...], inside: str, context: BuildContext | None
) -> Manifests | None:
    """The requirements files that an install names, with those that they include."""
    paths = [posixpath.normpath(posixpath.join(inside, f)) for f in files]
    if any(p.startswith(("/", "..")) or any(c in p for c in "$*?[ ") for p in paths):
        return None
    if context is None:
        return Manifests(tuple(dict.fromkeys(paths)), False)
    found = with_included(paths, context)
    return Manifests(found, True) if found is not None else None


def _is_one_of(path: str, patterns: tuple[str, ...]) -> bool:
    name = posixpath.basename(path)
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)


def _copy_of(instruction: Instruction, paths: tuple[str, ...]) -> str:
    """A COPY of these context paths to where the broad COPY puts them; empty if it needs two."""
    folders = {posixpath.dirname(p) for p in paths}
    if len(folders) != 1 or instruction.is_json or any(" " in p for p in paths):
        return ""
    folder = folders.pop()
    target = instruction.words[-1].text
    if any(c in target for c in "\"'\\"):
        return ""
    target = ("./" if target in (".", "./") else target.rstrip("/") + "/") + (
        f"{folder}/" if folder else ""
    )
    flags = "".join(
        f"--{f.name}{'=' + f.value if f.value else ''} "
        for f in instruction.flags
        if f.name not in ("exclude", "parents")
    )
    return f"COPY {flags}{' '.join(paths)} {target}\n"


def _installed_before(inside: str, facts: FileFacts) -> bool:
    """Whether the context brings what installs write, so that the later COPY lies over it."""
    context = facts.context
    if context is None:
        return True
    return any(context.sent_by(posixpath.join(inside, name)) for name in facts.managers.written)

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
from imgopt.facts.installs import DEPENDENCIES, PROJECT, Install
from imgopt.facts.managers.model import needs_lock
from imgopt.facts.requirements import names_local_packages, with_included
from imgopt.facts.steps import StageFacts, Step
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
_KEPT_BY_SHELL = frozenset({"export", "source", "."})  # what they do ends with the RUN
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
    the installs need."""

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
    split = _split(step, install, facts)
    if split is None:
        return None
    more = _directly_behind(step, stage, facts) if not split.rest else []
    first = _first(broad, between, [(step, install), *more], facts)
    moved = _moved_text(broad, between, facts)
    if first is None or moved is None:
        return None
    last = more[-1][0] if more else step
    edits = [Edit(block_span(facts.file, broad.instruction), first.text)]
    if split.rest:
        edits.append(Edit(Span(split.at, step.instruction.span.end), ""))
        moved += _run(step.instruction, split.rest)
    edits.append(insert(Position(last.instruction.end_line + 1, 1), moved))
    make = safe if first.certain else unsafe
    return make("copy the manifests, install, then copy the rest", tuple(edits))


def _directly_behind(step: Step, stage: StageFacts, facts: FileFacts) -> list[tuple[Step, Install]]:
    """The RUNs right behind one that installs which do the same and need no source either."""
    found = []
    for other in stage.steps[step.index + 1 :]:
        installs = [i for i in other.installs if i.kind == DEPENDENCIES and not i.manager.system]
        if len(installs) != 1 or not installs[0].manager.reads_only_manifests:
            break
        split = _split(other, installs[0], facts)
        if split is None or split.rest:
            break
        found.append((other, installs[0]))
    return found


def _moved_text(broad: Step, passed: list[Step], facts: FileFacts) -> str | None:
    """The lines of a COPY as they read behind these steps: a WORKDIR among them changes what a
    relative target means."""
    instruction, copy = broad.instruction, broad.copy
    text = lines_of(facts.file, block_span(facts.file, instruction))
    word = instruction.words[-1]
    moves = any(step.instruction.keyword == "WORKDIR" for step in passed)
    if not moves or word.text.startswith("/"):
        return text
    if copy is None or copy.target is None or instruction.is_json or not text.endswith("\n"):
        return None
    body, ending = text[:-1], "\n"
    if not body.endswith(word.text) or any(c in copy.target for c in " \"'\\$"):
        return None
    target = posixpath.normpath(copy.target) + ("/" if word.text.endswith("/") else "")
    return body.removesuffix(word.text) + target + ending


def _first(
    broad: Step, between: list[Step], installs: list[tuple[Step, Install]], facts: FileFacts
) -> First | None:
    """What has to stand where the broad COPY stands, None where that is not known."""
    copy = broad.copy
    if copy is None or copy.target is None:
        return None
    everything = takes_everything(copy.sources[0] or "")
    if not everything or len(copy.sources) != 1:
        known = _manifests_of(copy.target, installs[:1], facts)
        come = len(installs) == 1 and _come(installs[0][1].files, between)
        return First("", known is not None and known.known) if come else None
    wanted = _manifests_of(copy.target, installs, facts)
    if wanted is None or not wanted.paths:
        return None
    folders = dict.fromkeys(posixpath.dirname(path) for path in wanted.paths)
    lines = [
        _copy_of(
            broad.instruction, folder, [p for p in wanted.paths if posixpath.dirname(p) == folder]
        )
        for folder in folders
    ]
    certain = wanted.known and not any(_installed_before(f, facts) for f in folders)
    return First("".join(lines), certain) if all(lines) else None


def _manifests_of(
    target: str, installs: list[tuple[Step, Install]], facts: FileFacts
) -> Manifests | None:
    """What these installs read of a context that is copied to `target`; None when it may be
    more."""
    paths: dict[str, None] = {}
    known = True
    for step, install in installs:
        folder = step.folder(install.command)
        if folder is None or not below(folder, target):
            return None
        inside = posixpath.relpath(folder, target)
        found = _manifests(install, "" if inside == "." else inside, facts)
        if found is None:
            return None
        paths.update(dict.fromkeys(found.paths))
        known = known and found.known
    return Manifests(tuple(paths), known)


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
    if keyword == "WORKDIR":
        return True  # _moved_text says where the COPY goes then
    names = keyword in ("ARG", "ENV") and "$" in moved.instruction.text
    return keyword in _CONFIGURATION and not names


def _split(step: Step, install: Install, facts: FileFacts) -> Split | None:
    """None where no part of a RUN is certain to need no source but what the install reads."""
    commands = step.commands
    if not commands or step.instruction.heredocs or not all(c.exact for c in commands):
        return None
    installs = {id(install.command): install for install in step.installs}
    folder = step.folder(install.command)
    count = 0
    for command in commands:
        known = installs.get(id(command))
        if not _enters(command, folder, step) and not _needs_no_source(command, known, step, facts):
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
    before = _carried_over(commands[:count], facts)
    if before is None:
        return None
    rest = source(facts.file, Span(commands[count].span.start, step.instruction.span.end))
    return Split(commands[count - 1].span.end, before + rest.replace("\r\n", "\n"))


def _enters(command: Command, folder: str | None, step: Step) -> bool:
    """Whether a command goes to a folder, from the top, where the manifests will be."""
    if command.name != "cd" or len(command.args) != 1 or command.cwd != "" or command.conditional:
        return False
    base = step.folder(command)
    return base is not None and posixpath.normpath(posixpath.join(base, command.args[0])) == folder


def _carried_over(commands: tuple[Command, ...], facts: FileFacts) -> str | None:
    """What the rest of a RUN needs of these commands, as text before it; None for what a RUN of
    its own would not have."""
    if any(command.name in _KEPT_BY_SHELL for command in commands):
        return None
    entered = [source(facts.file, c.span) for c in commands if c.name == "cd"]
    return f"{entered[0]} && " if entered else ""


def _needs_no_source(
    command: Command, install: Install | None, step: Step, facts: FileFacts
) -> bool:
    if command.conditional or step.folder(command) is None:
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
        for path in context.listing.directly_in(inside)
        if _is_one_of(path, (*manager.manifests, *manager.locks))
    ]
    if not any(posixpath.basename(path) == manager.manifests[0] for path in taken):
        return None
    if needs_lock(manager.frozen, install.action) and not any(
        _is_one_of(path, manager.locks) for path in taken
    ):
        return None  # another folder is the context
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


def _copy_of(instruction: Instruction, folder: str, paths: list[str]) -> str:
    """A COPY of these context paths of one folder to where the broad COPY puts them; empty where
    it cannot be written."""
    if instruction.is_json or any(" " in p for p in paths):
        return ""
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

"""The fixes that move instructions: what an install needs first, what changes often last."""

from __future__ import annotations

import fnmatch
import json
import posixpath
import re

import msgspec

from imgopt.context.build_context import BuildContext
from imgopt.dockerfile.model import Instruction, Position, Span
from imgopt.facts.commands import is_blind, sees_only
from imgopt.facts.copies import below, takes_everything
from imgopt.facts.file import FileFacts
from imgopt.facts.installs import DEPENDENCIES, PACKAGES, Install
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
# Managers whose dependency install reads its manifests and nothing else.
_READS_MANIFESTS = frozenset("pip uv poetry pdm pipenv npm yarn pnpm bun go bundler".split())
_INCLUDED = re.compile(r"^\s*(?:-r|--requirement|-c|--constraint)[\s=]*(\S+)", re.MULTILINE)
_LOCAL = re.compile(
    r"^\s*(-e\s|--editable|\.{1,2}/|file:|[^#\s]+\s*@\s*file:)|=>\s*\.{1,2}/|\bpath:|^\s*gemspec\b",
    re.MULTILINE,
)


# What a project of these managers has without doubt.
_USUAL = {
    "npm": ("package*.json",),
    "yarn": ("package.json", "yarn.lock"),
    "pnpm": ("package.json", "pnpm-lock.yaml"),
    "go": ("go.mod", "go.sum"),
}


class Manifests(msgspec.Struct, frozen=True):
    """Context paths of what an install reads; `known` when the context on disk says so."""

    paths: tuple[str, ...]
    known: bool


def manifests_first(
    broad: Step, step: Step, install: Install, stage: StageFacts, facts: FileFacts
) -> Fix | None:
    """Copy the manifests, install, then copy the rest (IMG101)."""
    copy = broad.copy
    between = _between(stage, broad, step)
    if copy is None or copy.target is None or not _may_pass(broad, between):
        return None
    if install.manager.name not in _READS_MANIFESTS or not broad.instruction.exact:
        return None
    split = _split(step, facts)
    if split is None:
        return None
    tail_at, tail = split
    comes = {s for other in between if other.copy for s in other.copy.sources if s}
    folder = step.folder(install.command)
    outside = folder is None or not below(folder, copy.target)
    if outside and takes_everything(copy.sources[0] or ""):
        return None
    inside = "" if folder is None else posixpath.relpath(folder, copy.target)
    wanted = _manifests(install, "" if inside == "." else inside, facts.context)
    new = ""
    certain = wanted is not None and wanted.known
    if takes_everything(copy.sources[0] or "") and len(copy.sources) == 1:
        if wanted is None or not wanted.paths:
            return None
        new = _copy_of(broad.instruction, wanted.paths)
        if not new:
            return None
        if _installed_before(install, inside, facts.context):
            certain = False
    elif not install.files or not all(posixpath.basename(f) in map(posixpath.basename, comes)
                                      for f in install.files):  # fmt: skip
        return None
    file = facts.file
    block = block_span(file, broad.instruction)
    behind = lines_of(file, block)
    edits = [Edit(block, new)]
    if tail:
        edits.append(Edit(Span(tail_at, step.instruction.span.end), ""))
        behind += _run(step.instruction, tail)
    edits.append(insert(Position(step.instruction.end_line + 1, 1), behind))
    make = safe if certain else unsafe
    return make("copy the manifests, install, then copy the rest", tuple(edits))


def behind_if_free(
    broad: list[Step], step: Step, stage: StageFacts, facts: FileFacts
) -> Fix | None:
    """Move COPYs behind a RUN when nothing between the two can see their files (IMG107)."""
    for moved in broad:
        passed = [s for s in _between(stage, moved, step) if s not in broad]
        if not moved.instruction.exact or not _may_pass(moved, passed):
            return None
    edits = move_behind(facts.file, [s.instruction for s in broad], step.instruction)
    return unsafe("install the system packages first", edits)


def _between(stage: StageFacts, first: Step, last: Step) -> list[Step]:
    return list(stage.steps[first.index + 1 : last.index])


def _may_pass(moved: Step, passed: list[Step]) -> bool:
    """Whether a COPY may come behind these steps without a change of the image."""
    target = moved.copy.target if moved.copy else None
    if target is None:
        return False
    for step in passed:
        keyword = step.instruction.keyword
        if keyword == "RUN":
            if not sees_only(step, (target,)):
                return False
        elif step.copy is not None:
            other = step.copy.target
            overlap = other is None or below(other, target) or below(target, other)
            if overlap and (len(step.copy.sources) != 1 or takes_everything(
                moved.copy.sources[0] or "" if moved.copy else "")):  # fmt: skip
                return False
        elif keyword not in _CONFIGURATION or (
            keyword in ("ARG", "ENV") and "$" in moved.instruction.text
        ):
            return False
    return True


def _split(step: Step, facts: FileFacts) -> tuple[Position, str] | None:
    """Where the RUN's part that needs no source ends, and the text of the rest, if any."""
    commands = step.commands
    installs = {id(i.command): i for i in step.installs}
    if not commands or step.instruction.heredocs or not all(c.exact for c in commands):
        return None
    count = 0
    for command in commands:
        install = installs.get(id(command))
        if install is None and not is_blind(command, step, (step.workdir or "/",)):
            break
        if install is not None and install.kind not in (DEPENDENCIES, PACKAGES):
            break
        if command.cwd not in ("",) or command.conditional:
            break
        count += 1
    if count == len(commands):
        return commands[-1].span.end, ""
    if count == 0 or not is_chain(facts.file, step):
        return None
    if gap(facts.file, commands[count - 1], commands[count]) != "&&":
        return None
    if not any(c.name for c in commands[:count] if id(c) in installs):
        return None
    rest = source(facts.file, Span(commands[count].span.start, step.instruction.span.end))
    return commands[count - 1].span.end, rest.replace("\r\n", "\n")


def _run(instruction: Instruction, tail: str) -> str:
    flags = "".join(f"--{f.name}={f.value} " for f in instruction.flags)
    return f"{instruction.keyword} {flags}{tail}\n"


def _manifests(install: Install, inside: str, context: BuildContext | None) -> Manifests | None:
    """What the install reads, as paths in the context; None when it may need more."""
    name = install.manager.name
    if install.files:
        paths = [posixpath.normpath(posixpath.join(inside, f)) for f in install.files]
        if any(p.startswith(("/", "..")) or "$" in p or any(c in p for c in "*?[ ") for p in paths):
            return None
        if context is None:
            return Manifests(tuple(dict.fromkeys(paths)), False)
        return _with_included(paths, context)
    if name == "pip":
        return None
    if context is None:
        found = _USUAL.get(name)
        if found is None or inside:
            return None
        return Manifests(found, False)
    patterns = (*install.manager.manifests, *install.manager.locks)
    taken = [
        path
        for path in sorted(context.files)
        if posixpath.dirname(path) == inside
        and any(fnmatch.fnmatchcase(posixpath.basename(path), p) for p in patterns)
    ]
    if not any(posixpath.basename(p) == install.manager.manifests[0] for p in taken):
        return None
    if any(_LOCAL.search(context.read_text(p) or "") for p in taken if not p.endswith((".json",
           ".lock", ".yaml", ".lockb", ".sum"))):  # fmt: skip
        return None
    return Manifests(tuple(taken), True)


def _with_included(paths: list[str], context: BuildContext) -> Manifests | None:
    """Requirements files with those that they include."""
    found: dict[str, None] = {}
    todo = list(reversed(paths))
    while todo:
        path = todo.pop()
        if path in found:
            continue
        text = context.read_text(path)
        if text is None or path not in context.files or _LOCAL.search(text):
            return None
        found[path] = None
        for other in _INCLUDED.findall(text):
            if "://" in other:
                continue
            todo.append(posixpath.normpath(posixpath.join(posixpath.dirname(path), other)))
    return Manifests(tuple(found), True)


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


def _installed_before(install: Install, inside: str, context: BuildContext | None) -> bool:
    """Whether the context brings what the install writes, so that the later COPY lies over it."""
    if context is None:
        return True
    folder = "" if inside == "." else inside
    for name in ("node_modules", ".venv", "vendor", ".yarn"):
        if context.sent_by(posixpath.join(folder, name)):
            return True
    return False


def lock_in_sync(context: BuildContext, folder: str) -> bool:
    """Whether package-lock.json names exactly what package.json asks for."""
    own = _object(context.read_text(posixpath.join(folder, "package.json")))
    lock = _object(context.read_text(posixpath.join(folder, "package-lock.json")))
    packages = lock.get("packages")
    root = packages.get("") if isinstance(packages, dict) else None
    if not own or not isinstance(root, dict) or not isinstance(packages, dict):
        return False
    groups = ("dependencies", "devDependencies", "optionalDependencies", "peerDependencies")
    if any((own.get(g) or {}) != (root.get(g) or {}) for g in groups):
        return False
    wanted = [own.get(g) for g in groups[:2]]
    names = [name for group in wanted if isinstance(group, dict) for name in group]
    return all(f"node_modules/{name}" in packages for name in names)


def _object(text: str | None) -> dict[str, object]:
    try:
        data = json.loads(text or "")
    except ValueError:
        return {}
    return data if isinstance(data, dict) else {}

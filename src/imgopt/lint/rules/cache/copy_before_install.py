"""IMG101: a broad COPY before a dependency install makes every code change install anew."""

from __future__ import annotations

import fnmatch
import posixpath
import re
from collections.abc import Iterator

import msgspec

from imgopt.dockerfile.shell import Command
from imgopt.facts.copies import (
    below,
    brings_source,
    broad_source,
    in_context,
    takes_everything,
)
from imgopt.facts.file import FileFacts
from imgopt.facts.installs import DEPENDENCIES, Install
from imgopt.facts.managers import Managers
from imgopt.facts.managers.model import needs_lock
from imgopt.facts.package_json import needs_source
from imgopt.facts.requirements import names_local_requirements
from imgopt.facts.steps import StageFacts, Step
from imgopt.lint.finding import Finding, Fix, Safety, Severity
from imgopt.lint.fixes.reorder import manifests_first
from imgopt.lint.rule import Rule
from imgopt.regex import lazy

_MANY = 20  # manifests of one folder
_FILE_NAME = lazy(r"[\w.-]+")
# Programs whose words name files that they do not write; so do managers that read such files.
_READERS = frozenset("cat ls test [ chmod chown rm echo".split())


class CopyBeforeInstall(Rule):
    id = "IMG101"
    name = "copy-before-install"
    severity = Severity.WARNING
    fixable = Safety.SAFE
    summary = "A broad COPY comes before a dependency install"

    def check_stage(self, stage: StageFacts, facts: FileFacts) -> Iterator[Finding]:
        broad: list[tuple[Step, str]] = []
        reported: set[int] = set()
        before = _Before(facts.managers, set(), set())
        for link in list(facts.chain(stage))[:-1]:
            for step in link.steps:
                before.add(step, step.commands)
        for step in stage.steps:
            if step.copy and (source := broad_source(step.copy, facts.context, facts.managers)):
                broad.append((step, source))
            for install in step.installs if broad else ():
                if install.kind != DEPENDENCIES or install.manager.system:
                    continue
                if not self._inputs_are_manifests(install, step, before, facts):
                    continue
                cause = self._cause(broad, install, step)
                if cause and not takes_everything(cause[1]) and _other_source(step, stage, facts):
                    continue
                if cause and id(cause[0]) not in reported:
                    reported.add(id(cause[0]))
                    mend = manifests_first(cause[0], step, install, stage, facts)
                    yield self._finding(facts, stage, *cause, install, mend)
            before.add(step, step.commands)

    def _cause(
        self, broad: list[tuple[Step, str]], install: Install, step: Step
    ) -> tuple[Step, str] | None:
        folder = step.folder(install.command)
        for other, source in broad:
            target = other.copy.target if other.copy else None
            if posixpath.basename(source.rstrip("/")) in install.manager.reads:
                continue
            if takes_everything(source):
                return other, source
            if folder and target and (below(target, folder) or below(folder, target)):
                return other, source
        return None

    def _inputs_are_manifests(
        self, install: Install, step: Step, before: _Before, facts: FileFacts
    ) -> bool:
        bound = [m.options.get("source", m.target) for m in step.mounts if m.type == "bind"]
        if any(facts.managers.is_manifest(source) for source in bound):
            return False
        if install.manager.name in before.managers or before.makes(install):
            return False
        own = _Before(facts.managers, set(), set())
        position = next(i for i, c in enumerate(step.commands) if c is install.command)
        own.add(step, step.commands[:position], installs=False)
        return not own.makes(install) and not self._needs_source(install, facts)

    @staticmethod
    def _needs_source(install: Install, facts: FileFacts) -> bool:
        """Whether the manifests on disk name local packages or scripts that run at install."""
        context, scripts = facts.context, install.manager.scripts
        if context is None:
            return False
        if scripts and not install.has_flag(*scripts.ignored_by):
            for path in (scripts.file, f"{(install.command.cwd or '.')}/{scripts.file}"):
                if needs_source(context.read_text(path), scripts):
                    return True
        return any(names_local_requirements(context.read_text(file)) for file in install.files)

    def _finding(
        self,
        facts: FileFacts,
        stage: StageFacts,
        step: Step,
        source: str,
        install: Install,
        mend: Fix | None,
    ) -> Finding:
        line = install.command.span.start.line
        message = (
            f"{step.instruction.keyword} {source} comes before `{_short(install)}` (line {line}): "
            f"every change of a file it takes installs all dependencies again. "
            f"{_advice(install, _missing(install, stage, facts))}"
        )
        return self.finding(facts, step.instruction.span, message, stage.label, mend)


def _other_source(step: Step, stage: StageFacts, facts: FileFacts) -> bool:
    """Whether source comes before an install that stays there in any case: local packages."""
    copies = (other.copy for other in stage.steps[: step.index] if other.copy)
    return any(
        brings_source(copy, facts.context, facts.managers)
        and not broad_source(copy, facts.context, facts.managers)
        for copy in copies
    )


def _advice(install: Install, files: str) -> str:
    """What to do: copy the files that do not come before, install, and copy the rest."""
    early = install.manager.early
    flags = [f for f in early.flags if not install.has_flag(f)] if early else []
    installs = f"install with {' '.join(flags)}" if flags else "install"
    then = f" and run `{early.then}`" if early and flags else ""
    if files:
        return f"Copy {files} first, {installs}, then copy the rest{then}."
    if not flags:
        return "Move it behind the install."
    return f"Move it behind the install, give that {' '.join(flags)}{then} at the end."


def _missing(install: Install, stage: StageFacts, facts: FileFacts) -> str:
    """The files that the install reads and that no COPY before it names, as paths in the context;
    empty where all come already."""
    steps = [s for s in stage.steps if s.instruction.end_line < install.command.span.start.line]
    named = [
        posixpath.basename(source)
        for other in steps
        if other.copy
        for source in other.copy.sources
        if source
    ]
    folder = next((s.folder(install.command) for s in stage.runs() if install in s.installs), None)
    if install.files:
        paths = [posixpath.normpath(posixpath.join(folder or "", f)) for f in install.files]
        files = [
            (in_context(path, steps, facts.context) if path.startswith("/") else None) or file
            for path, file in zip(paths, install.files, strict=True)
        ]
        return ", ".join(f for f in files if not _is_named(f, named))
    place = in_context(folder, steps, facts.context) if folder and facts.context else None
    if place is not None and facts.context and not facts.context.is_folder(place):
        place = None  # another folder is the context
    locks = _locks(install, place, facts)
    names = [*install.manager.manifests[:1], *locks[:1]]
    files = [posixpath.normpath(posixpath.join(place or "", name)) for name in names]
    files = [file for file in files if not _is_named(file, named)]
    if files and _refers_to_others(install, place, facts):
        files.append("those of the projects that they refer to, each in its folder,")
    return " and ".join((", ".join(files[:-1]), files[-1])) if files[2:] else " and ".join(files)


def _refers_to_others(install: Install, place: str | None, facts: FileFacts) -> bool:
    """Whether the manifests in a folder of the context refer to those of other projects, or may."""
    refers, context = install.manager.refers, facts.context
    if not refers or context is None or place is None:
        return bool(refers)
    manifests = [
        path
        for path in context.listing.directly_in("" if place == "." else place)
        if facts.managers.is_manifest(path)
    ]
    return any(re.search(refers, context.read_text(path) or "") for path in manifests[:_MANY])


def _locks(install: Install, place: str | None, facts: FileFacts) -> tuple[str, ...]:
    """The names of a manager's locks; of those it has, where the project lies in the context."""
    locks, context = install.manager.locks, facts.context
    if context is None or place is None:
        return locks
    there = tuple(lock for lock in locks if context.exists(posixpath.join(place, lock)))
    return there or (locks if needs_lock(install.manager.frozen, install.action) else ())


def _is_named(file: str, named: list[str]) -> bool:
    name = posixpath.basename(file)
    return any(fnmatch.fnmatchcase(name, p) for p in named if p.strip("*"))


class _Before(msgspec.Struct, frozen=True):
    """What ran before an install: managers that installed dependencies, names that were written."""

    table: Managers
    managers: set[str]
    written: set[str]

    def add(self, step: Step, commands: tuple[Command, ...], installs: bool = True) -> None:
        if installs:
            self.managers.update(i.manager.name for i in step.installs if i.kind == DEPENDENCIES)
        for command in commands:
            if not self._only_reads(command.name):
                for word in (*command.redirects, *command.args):
                    self.written.update(_FILE_NAME.findall(word))

    def makes(self, install: Install) -> bool:
        """Whether a requirements file that the install reads was written."""
        return any(posixpath.basename(file) in self.written for file in install.files)

    def _only_reads(self, program: str) -> bool:
        manager = self.table.of(program)
        return program in _READERS or bool(manager and manager.file_flags)


def _short(install: Install) -> str:
    text = " ".join(install.command.text.split())
    return text if len(text) <= 48 else text[:47] + "…"

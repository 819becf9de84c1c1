"""IMG110: dependencies are installed without their lock file, or not as it says."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

import msgspec

from imgopt.context.build_context import BuildContext
from imgopt.facts.caches import environment
from imgopt.facts.copies import takes_everything
from imgopt.facts.file import FileFacts
from imgopt.facts.installs import PACKAGES, Install
from imgopt.facts.managers import Managers
from imgopt.facts.managers.model import Frozen
from imgopt.facts.steps import StageFacts, Step
from imgopt.lint.finding import Finding, Fix, Safety, Severity
from imgopt.lint.fixes.edits import insert, unsafe
from imgopt.lint.fixes.locks import freeze
from imgopt.lint.rule import Rule


class ManifestWithoutLock(Rule):
    id = "IMG110"
    name = "manifest-without-lock"
    severity = Severity.WARNING
    summary = "Dependencies are installed without their lock file, or without enforcing it"
    fixable = Safety.SAFE

    def check_stage(self, stage: StageFacts, facts: FileFacts) -> Iterator[Finding]:
        before = _Before(facts.managers, set(), [], set())
        judged: set[str] = set()
        for link in facts.chain(stage):
            for step in link.steps:
                before.add(step, facts.context)
                if link is stage and step.instruction.keyword == "RUN":
                    yield from self._check_run(step, before, judged, stage, facts)

    def _check_run(
        self, step: Step, before: _Before, judged: set[str], stage: StageFacts, facts: FileFacts
    ) -> Iterator[Finding]:
        for install in step.installs:
            name, frozen = install.manager.name, install.manager.frozen
            if frozen is None or not install.does.from_manifest:
                continue
            if install.kind == PACKAGES or install.packages:
                continue
            lock = next((lock for lock in install.manager.locks if lock in before.locks), None)
            finding = None
            if lock is not None:
                if name not in before.frozen:
                    finding = self._check(install, frozen, lock, step, stage, facts)
            elif name not in judged:
                judged.add(name)
                finding = self._lock_left_out(install, before.copied, stage, facts)
            if finding:
                yield finding

    def _check(
        self,
        install: Install,
        frozen: Frozen,
        lock: str,
        step: Step,
        stage: StageFacts,
        facts: FileFacts,
    ) -> Finding | None:
        env = environment(install, step)
        if not frozen.hint or install.action in frozen.actions:
            return None
        since = frozen.since.get(step.base.repository, 0)
        if step.base.version and step.base.version[0] < since:
            return None
        if install.has_flag(*frozen.flags, *frozen.unlocked) or any(v in env for v in frozen.env):
            return None
        message = (
            f"`{install.shown}` may update {lock} and install versions that it does not list, so "
            f"two builds of one commit can differ. Use {frozen.hint}."
        )
        mend = freeze(install, facts.context)
        return self.finding(facts, install.command.span, message, stage.label, mend)

    def _lock_left_out(
        self, install: Install, copied: list[Step], stage: StageFacts, facts: FileFacts
    ) -> Finding | None:
        """The manifest is named by a COPY, and the context has a lock that no COPY takes."""
        if facts.context is None:
            return None
        if any("$" in w.text for s in copied for w in s.instruction.words[:-1]):
            return None
        if any(m.type == "bind" for s in stage.runs() for m in s.mounts):
            return None
        for step in reversed(copied):
            for source in step.copy.sources if step.copy else ():
                if not source or posixpath.basename(source) not in install.manager.manifests[:1]:
                    continue
                path = _lock_beside(source, install, facts.context)
                if path is None:
                    continue
                message = (
                    f"{path} is in the build context but is not copied with {source}, so "
                    f"`{install.shown}` resolves all versions anew. Copy it as well."
                )
                mend = _copy_too(path, source, step, install, facts.context)
                return self.finding(facts, step.instruction.span, message, stage.label, mend)
        return None


class _Before(msgspec.Struct, frozen=True):
    """What came before: locks that COPYs bring, those COPYs, managers that were told to keep to
    their lock."""

    table: Managers
    locks: set[str]
    copied: list[Step]
    frozen: set[str]

    def add(self, step: Step, context: BuildContext | None) -> None:
        if step.copy and not step.copy.from_:
            self.copied.append(step)
            self.locks.update(_brought(step, context) & self.table.locks)
        for command in step.commands:
            manager = self.table.of(command.name)
            settings = manager.frozen.settings if manager and manager.frozen else ()
            if manager and any(word in command.text for word in settings):
                self.frozen.add(manager.name)


def _brought(step: Step, context: BuildContext | None) -> set[str]:
    """The names of files that a COPY is certain to bring, at the top of what it takes."""
    found: set[str] = set()
    for source in step.copy.sources if step.copy else ():
        if source is not None:
            found.add(posixpath.basename(source))
            found.update(map(posixpath.basename, _taken(source, context) if context else ()))
    return found


def _taken(source: str, context: BuildContext) -> list[str]:
    """What a COPY source takes at the top of what it names."""
    if takes_everything(source):
        return [path for path in context.files if "/" not in path]
    if any(c in source for c in "*?["):
        return context.sent_by(source)
    return []


def _lock_beside(manifest: str, install: Install, context: BuildContext) -> str | None:
    """The lock that the context has beside a manifest."""
    folder = posixpath.dirname(posixpath.normpath(manifest))
    paths = (posixpath.join(folder, name) for name in install.manager.locks)
    return next((path for path in paths if context.exists(path)), None)


def _copy_too(
    path: str, source: str, step: Step, install: Install, context: BuildContext
) -> Fix | None:
    """Name the lock in the COPY of the manifest, and keep to it."""
    instruction = step.instruction
    word = next((w for w in instruction.words if w.value == source), None)
    if word is None or instruction.is_json or path not in context.files:
        return None
    target = instruction.words[-1].text
    if not target.endswith("/") and target != ".":
        return None
    edit = insert(word.span.end, f" {path}") if instruction.exact else None
    frozen = freeze(install, context)
    return unsafe(f"copy {path} too", edit, frozen.edits if frozen else ())

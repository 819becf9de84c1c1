"""IMG110: dependencies are installed without their lock file, or not as it says."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from imgopt.context.build_context import BuildContext
from imgopt.facts.copies import takes_everything
from imgopt.facts.file import FileFacts
from imgopt.facts.installs import DEPENDENCIES, LOCKS, PACKAGES, Install
from imgopt.facts.steps import StageFacts, Step
from imgopt.lint.finding import Finding, Fix
from imgopt.lint.fixes.edits import Edits, add_words, insert, replace, safe, unsafe
from imgopt.lint.fixes.reorder import lock_in_sync
from imgopt.lint.rule import Rule

# Manager → flags that freeze, variables that do, what a message asks for.
_FROZEN: dict[str, tuple[tuple[str, ...], tuple[str, ...], str]] = {
    "npm": ((), (), "`npm ci`"),
    "yarn": (("--immutable", "--frozen-lockfile", "--immutable-cache"), ("YARN_ENABLE_IMMUTABLE_"
             "INSTALLS", "CI"), "--frozen-lockfile (Yarn 1) or --immutable"),
    "pnpm": (("--frozen-lockfile",), ("CI",), "--frozen-lockfile"),
    "bun": (("--frozen-lockfile",), (), "--frozen-lockfile"),
    "uv": (("--locked", "--frozen"), ("UV_LOCKED", "UV_FROZEN"), "--locked"),
    "pdm": (("--frozen-lockfile", "--no-lock"), (), "--frozen-lockfile"),
    "pipenv": (("--deploy", "--ignore-pipfile"), (), "--deploy"),
    "bundler": (("--frozen", "--deployment"), ("BUNDLE_FROZEN", "BUNDLE_DEPLOYMENT"),
                "BUNDLE_FROZEN=true"),
    "poetry": ((), (), ""),
}  # fmt: skip


class ManifestWithoutLock(Rule):
    id = "IMG110"
    name = "manifest-without-lock"
    category = "cache"
    severity = "warning"
    summary = "Dependencies are installed without their lock file, or not as it says"
    fixable = "safe"

    def check_stage(self, stage: StageFacts, facts: FileFacts) -> Iterator[Finding]:
        locks: set[str] = set()
        copied: list[Step] = []
        frozen = False  # Bundler's own configuration
        judged: set[str] = set()
        for link in facts.chain(stage):
            for step in link.steps:
                if step.copy and not step.copy.from_:
                    copied.append(step)
                    locks |= _brought_locks(step, facts.context)
                texts = (c.text for c in step.commands if c.name in ("bundle", "bundler"))
                frozen = frozen or any("frozen" in t or "deployment" in t for t in texts)
                if link is stage and step.instruction.keyword == "RUN":
                    yield from self._check_run(step, copied, locks, frozen, judged, stage, facts)

    def _check_run(
        self,
        step: Step,
        copied: list[Step],
        locks: set[str],
        frozen: bool,
        judged: set[str],
        stage: StageFacts,
        facts: FileFacts,
    ) -> Iterator[Finding]:
        for install in step.installs:
            name = install.manager.name
            if name not in _FROZEN or install.kind == PACKAGES or install.packages:
                continue
            if name == "uv" and install.action != "sync":
                continue
            lock = next((lock for lock in install.manager.locks if lock in locks), None)
            finding = None
            if lock is not None:
                if name != "bundler" or not frozen:
                    finding = self._check(install, lock, step, stage, facts)
            elif name not in judged:
                judged.add(name)
                finding = self._lock_left_out(install, copied, stage, facts)
            if finding:
                yield finding

    def _check(
        self, install: Install, lock: str, step: Step, stage: StageFacts, facts: FileFacts
    ) -> Finding | None:
        flags, variables, hint = _FROZEN[install.manager.name]
        env = {**step.env, **dict(install.command.assignments)}
        if not hint or install.has_flag(*flags) or any(v in env for v in variables):
            return None
        name = install.manager.name
        if (name == "npm" and install.action in ("ci", "clean-install")) or (
            name in ("pipenv", "pdm") and install.action == "sync"
        ):
            return None
        if install.has_flag("--no-package-lock", "--no-lockfile", "--no-frozen-lockfile"):
            return None
        if name == "yarn" and install.action == "workspaces focus":
            return None
        message = (
            f"`{install.shown}` may change {lock} and install what it does not name: two builds of "
            f"one commit differ. Use {hint}."
        )
        mend = _freeze(install, facts.context)
        return self.finding(facts, install.command.span, message, stage.label, mend)

    def _lock_left_out(
        self, install: Install, copied: list[Step], stage: StageFacts, facts: FileFacts
    ) -> Finding | None:
        """The manifest is named by a COPY, and the context has a lock that no COPY takes."""
        partly = install.manager.name in ("uv", "poetry")
        if facts.context is None or (install.kind != DEPENDENCIES and not partly):
            return None
        if any("$" in w.text for s in copied for w in s.instruction.words[:-1]):
            return None
        if any(m.type == "bind" for s in stage.runs() for m in s.mounts):
            return None
        for step in reversed(copied):
            for source in step.copy.sources if step.copy else ():
                if not source or posixpath.basename(source) not in install.manager.manifests[:1]:
                    continue
                folder = posixpath.dirname(posixpath.normpath(source))
                for name in install.manager.locks:
                    path = posixpath.join(folder, name)
                    if not facts.context.exists(path):
                        continue
                    message = (
                        f"{path} is in the build context and is not copied with {source}, so "
                        f"`{install.shown}` decides versions anew. Copy it too."
                    )
                    mend = None
                    word = next((w for w in step.instruction.words if w.value == source), None)
                    if word and not step.instruction.is_json and path in facts.context.files:
                        edit = insert(word.span.end, f" {path}") if step.instruction.exact else None
                        target = step.instruction.words[-1].text
                        if target.endswith("/") or target == ".":
                            freeze = _freeze(install, facts.context)
                            mend = unsafe(f"copy {path} too", edit, freeze.edits if freeze else ())
                    return self.finding(facts, step.instruction.span, message, stage.label, mend)
        return None


def _brought_locks(step: Step, context: BuildContext | None) -> set[str]:
    """The names of the lock files that a COPY is certain to bring."""
    found: set[str] = set()
    for source in step.copy.sources if step.copy else ():
        if source is None:
            continue
        names = {posixpath.basename(source)}
        if context:
            names.update(map(posixpath.basename, _taken(source, context)))
        found |= names & LOCKS
    return found


def _taken(source: str, context: BuildContext) -> list[str]:
    """What a COPY source takes at the top of what it names."""
    if takes_everything(source):
        return [path for path in context.files if "/" not in path]
    if any(c in source for c in "*?["):
        return context.sent_by(source)
    return []


def _freeze(install: Install, context: BuildContext | None) -> Fix | None:
    name = install.manager.name
    words = install.command.argv
    action = install.action.split()[-1] if install.action else ""
    index = next((i for i, w in enumerate(words) if i and w.value == action), 0)
    edits: Edits | None = None
    if name == "npm":
        if not index or not install.command.exact or install.action != "install":
            return None
        folder = install.command.cwd or "."
        certain = context is not None and lock_in_sync(context, folder)
        edits = (replace(words[index].span, "ci"),)
        return (safe if certain else unsafe)("use `npm ci`", edits)
    if name == "yarn":
        berry = context is not None and context.exists(".yarnrc.yml")
        if context is None:
            return None
        flag = "--immutable" if berry else "--frozen-lockfile"
    elif name == "bundler":
        return None
    else:
        flag = _FROZEN[name][2]
    if install.has_flag(*_FROZEN[name][0]):
        return None
    edit = add_words(install.command, flag, index + 1)
    return unsafe(f"add {flag}", edit)

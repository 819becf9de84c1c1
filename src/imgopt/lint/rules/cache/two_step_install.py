"""IMG113: one install takes project and dependencies, behind a copy of all source."""

from __future__ import annotations

import fnmatch
import posixpath
import re
from collections.abc import Iterator

import msgspec

from imgopt.facts.commands import STARTERS
from imgopt.facts.copies import broad_source, in_context, takes_everything
from imgopt.facts.downloads import is_offline
from imgopt.facts.file import FileFacts
from imgopt.facts.installs import DEPENDENCIES, PACKAGES, PROJECT, Install
from imgopt.facts.managers.model import First
from imgopt.facts.steps import StageFacts, Step
from imgopt.lint.finding import Finding, Fix, Safety, Severity
from imgopt.lint.fixes.edits import insert_before, unsafe
from imgopt.lint.rule import Rule

_MANY = 3  # more files are told by their patterns


class TwoStepInstall(Rule):
    id = "IMG113"
    name = "two-step-install"
    severity = Severity.INFO
    summary = "Dependencies are installed together with the project, after all of its source"
    fixable = Safety.UNSAFE

    def check_stage(self, stage: StageFacts, facts: FileFacts) -> Iterator[Finding]:
        if stage.stage.index not in facts.needed:
            return
        broad: Step | None = None
        before = _Before(set(), set(), set())
        for link in list(facts.chain(stage))[:-1]:
            for step in link.steps:
                before.add(step)
        for step in stage.steps:
            if step.copy and broad_source(step.copy, facts.context, facts.managers):
                broad = broad or step
            before.copied(step, facts)
            for install in step.installs if broad else ():
                first = install.does.first
                files = _files_of(install, step, stage, facts) if first else None
                if broad and first and files and _goes_in_two(install, step, before):
                    yield self._finding(install, first, files, step, broad, stage, facts)
                    return
            before.add(step)

    def _finding(
        self,
        install: Install,
        first: First,
        files: tuple[str, ...],
        step: Step,
        broad: Step,
        stage: StageFacts,
        facts: FileFacts,
    ) -> Finding:
        form = first.form
        shown = f"{install.shown} {form}" if form.startswith("-") else _as_started(install, form)
        told = files if len(files) <= _MANY else first.files
        named = " and ".join((", ".join(told[:-1]), told[-1])) if told[1:] else told[0]
        advice = first.advice or f"First copy {named} and run `{shown}`, then copy the rest."
        message = (
            f"`{install.shown}` installs the dependencies again whenever any source file "
            f"changes. {advice}"
        )
        mend = _fix(install, first, step, broad, facts)
        return self.finding(facts, install.command.span, message, stage.label, mend)


def _as_started(install: Install, form: str) -> str:
    """A command of a manager, started as the install is: `./mvnw dependency:go-offline`."""
    program, _, rest = form.partition(" ")
    own = install.command.argv[0].value
    return f"{own} {rest}" if program in install.manager.programs else form


class _Before(msgspec.Struct, frozen=True):
    """What ran before: managers that installed dependencies, programs, words of commands."""

    managers: set[str]
    programs: set[str]
    words: set[str]

    def add(self, step: Step) -> None:
        self.managers.update(i.manager.name for i in step.installs if i.kind == DEPENDENCIES)
        for command in step.commands:
            self.programs.add(command.name)
            self.words.update(command.args)

    def copied(self, step: Step, facts: FileFacts) -> None:
        """Take over what was installed in a stage that is copied from."""
        source = step.copy.from_ if step.copy else None
        if source is None or source.stage is None:
            return
        for link in facts.chain(facts.stages[source.stage]):
            for other in link.runs():
                self.managers.update(i.manager.name for i in other.installs if i.kind != PACKAGES)

    def splits(self, install: Install, step: Step) -> bool:
        """Whether dependencies were installed or compiled before, or their downloads are kept."""
        name = install.manager.name
        if name in self.managers:
            return True
        if install.command.name in self.programs or not STARTERS.isdisjoint(self.programs):
            return True
        if any(i.manager.name == name and i.kind == DEPENDENCIES for i in step.installs):
            return True
        vendored = install.manager.offline.vendored
        if any(v in self.words or any(v in c.args for c in step.commands) for v in vendored):
            return True
        # What is kept on a cache mount is neither fetched nor compiled again.
        return bool(step.caching_mounts())


def _goes_in_two(install: Install, step: Step, before: _Before) -> bool:
    """Whether the dependencies could have been installed before the source was there."""
    return install.kind == PROJECT and not is_offline(install) and not before.splits(install, step)


def _files_of(
    install: Install, step: Step, stage: StageFacts, facts: FileFacts
) -> tuple[str, ...] | None:
    """What the form for dependencies reads, as paths in the context where that is known; None
    where the context has not what it needs."""
    first, context = install.does.first, facts.context
    if first is None or context is None:
        return first.files if first else None
    folder = step.folder(install.command)
    place = in_context(folder, stage.steps[: step.index], context) if folder else None
    if place is None:
        return None
    prefix = "" if place == "." else f"{place}/"
    found: dict[str, None] = {}
    for pattern in first.files:
        matching = [
            path
            for path in sorted(context.files)
            if path.startswith(prefix)
            and fnmatch.fnmatchcase(posixpath.basename(path), pattern)
            and (first.deep or "/" not in path[len(prefix) :])
        ]
        if not matching and pattern == first.files[-1]:
            return None
        found.update(dict.fromkeys(matching))
    texts = (context.read_text(path) or "" for path in found if first.several)
    if any(re.search(first.several, text) for text in texts):
        return None  # what the form does is not enough
    return tuple(found)


def _fix(install: Install, first: First, step: Step, broad: Step, facts: FileFacts) -> Fix | None:
    context, files, form = facts.context, first.files, first.form
    if context is None or not all(f in context.files for f in files):
        return None
    if not first.suffices or not _copies_all(broad, step.folder(install.command)):
        return None
    texts = (context.read_text(f) or "" for f in files if first.unless)
    if any(re.search(first.unless, text) for text in texts):
        return None
    if not install.command.exact or len(step.commands) != 1 or "\n" in step.instruction.text:
        return None
    command = (
        f"{install.command.text} {form}" if form.startswith("-") else _as_started(install, form)
    )
    if command.startswith("."):
        return None  # the program comes with the source
    target = broad.instruction.words[-1].text.rstrip("/") or "/"
    flags = "".join(f"--{f.name}={f.value} " for f in step.instruction.flags)
    text = f"COPY {' '.join(files)} {target}/\nRUN {flags}{command}\n"
    return unsafe(
        "install the dependencies first", insert_before(facts.file, broad.instruction, text)
    )


def _copies_all(broad: Step, folder: str | None) -> bool:
    """Whether a COPY puts the whole context into that folder."""
    copy = broad.copy
    if copy is None or not takes_everything(copy.sources[0] or ""):
        return False
    return folder == (copy.target or "").rstrip("/").removesuffix("/.")

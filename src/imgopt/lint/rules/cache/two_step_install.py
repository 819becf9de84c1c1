"""IMG113: project and dependencies are installed in one step behind a COPY of all source."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from imgopt.facts.copies import broad_source, takes_everything
from imgopt.facts.file import FileFacts
from imgopt.facts.installs import DEPENDENCIES, PROJECT, Install
from imgopt.facts.steps import StageFacts, Step
from imgopt.lint.finding import Finding, Fix
from imgopt.lint.fixes.edits import insert_before, unsafe
from imgopt.lint.rule import Rule

# Manager and action → the form that installs dependencies only, and the files that it reads.
_FORMS: dict[tuple[str, str], tuple[str, tuple[str, ...]]] = {
    ("uv", "sync"): ("--no-install-project", ("pyproject.toml", "uv.lock")),
    ("poetry", "install"): ("--no-root", ("pyproject.toml", "poetry.lock")),
    ("pdm", "sync"): ("--no-self", ("pyproject.toml", "pdm.lock")),
    ("pdm", "install"): ("--no-self", ("pyproject.toml", "pdm.lock")),
    ("go", "build"): ("go mod download", ("go.mod", "go.sum")),
    ("go", "install"): ("go mod download", ("go.mod", "go.sum")),
    ("cargo", "build"): ("cargo chef", ("Cargo.toml", "Cargo.lock")),
    ("maven", "package"): ("mvn dependency:go-offline", ("pom.xml",)),
}


class TwoStepInstall(Rule):
    id = "IMG113"
    name = "two-step-install"
    category = "cache"
    severity = "info"
    summary = "Dependencies are installed together with the project, behind all of its source"
    fixable = "unsafe"

    def check_stage(self, stage: StageFacts, facts: FileFacts) -> Iterator[Finding]:
        if stage.stage.index not in facts.needed:
            return
        broad: list[Step] = []
        before = _Before(set(), set())
        for link in list(facts.chain(stage))[:-1]:
            for step in link.steps:
                before.add(step)
        for step in stage.steps:
            if step.copy and broad_source(step.copy, facts.context):
                broad.append(step)
            for install in step.installs if broad else ():
                form = _FORMS.get((install.manager.name, install.action))
                if form is None or install.kind != PROJECT or before.splits(install, step):
                    continue
                if any("-mod=vendor" in f or f == "--offline" for f in install.flags):
                    continue
                flag, files = form
                if facts.context is not None and not facts.context.exists(files[-1]):
                    continue
                shown = flag if not flag.startswith("-") else f"{install.shown} {flag}"
                message = (
                    f"`{install.shown}` installs the dependencies again whenever any source file "
                    f"changes. First copy {' and '.join(files)} and run `{shown}`, then copy the "
                    f"rest."
                )
                mend = _fix(install, step, broad[0], flag, files, facts)
                yield self.finding(facts, install.command.span, message, stage.label, mend)
                return
            before.add(step)


class _Before(msgspec.Struct, frozen=True):
    """What ran before: managers that installed dependencies, and programs; `vendor` as a word of
    any command counts as a program."""

    managers: set[str]
    programs: set[str]

    def add(self, step: Step) -> None:
        self.managers.update(i.manager.name for i in step.installs if i.kind == DEPENDENCIES)
        for command in step.commands:
            self.programs.add(command.name)
            if "vendor" in command.args:
                self.programs.add("vendor")

    def splits(self, install: Install, step: Step) -> bool:
        """Whether dependencies were installed or compiled before, or their downloads are kept."""
        if install.manager.name in self.managers:
            return True
        if self.programs & {install.command.name, "make", "sh", "bash", "vendor"}:
            return True
        if any(i.manager.name == install.manager.name and i.kind == DEPENDENCIES
               for i in step.installs):  # fmt: skip
            return True
        # What is kept on a cache mount is neither fetched nor compiled again.
        return any("vendor" in c.args for c in step.commands) or bool(step.caching_mounts())


def _fix(
    install: Install, step: Step, broad: Step, flag: str, files: tuple[str, ...], facts: FileFacts
) -> Fix | None:
    context, copy = facts.context, broad.copy
    if context is None or copy is None or not all(f in context.files for f in files):
        return None
    if not takes_everything(copy.sources[0] or "") or len(step.commands) != 1:
        return None
    if step.folder(install.command) != (copy.target or "").rstrip("/").removesuffix("/."):
        return None
    if flag.startswith("cargo") or not install.command.exact or "\n" in step.instruction.text:
        return None
    command = install.command.text + f" {flag}" if flag.startswith("-") else flag
    target = broad.instruction.words[-1].text.rstrip("/") or "/"
    flags = "".join(f"--{f.name}={f.value} " for f in step.instruction.flags)
    text = f"COPY {' '.join(files)} {target}/\nRUN {flags}{command}\n"
    return unsafe(
        "install the dependencies first", insert_before(facts.file, broad.instruction, text)
    )

"""IMG304: what an earlier layer made is deleted in a later one: the bytes stay."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

import msgspec

from imgopt.dockerfile.shell import Command
from imgopt.facts.copies import is_small, takes_everything
from imgopt.facts.file import FileFacts
from imgopt.facts.file_names import is_archive, is_package
from imgopt.facts.steps import MOST_FOLDERS, PATH_MAX, Copy, StageFacts, Step
from imgopt.facts.written import written_files
from imgopt.lint.finding import Finding, Fix, Safety, Severity
from imgopt.lint.fixes.edits import append_command, remove_command, unsafe
from imgopt.lint.rule import Rule


class DeletedInLaterLayer(Rule):
    id = "IMG304"
    name = "deleted-in-later-layer"
    severity = Severity.WARNING
    summary = "Files from an earlier layer are deleted in a later one"
    fixable = Safety.UNSAFE

    def check_stage(self, stage: StageFacts, facts: FileFacts) -> Iterator[Finding]:
        if not facts.in_final(stage):
            return
        known = _Made(facts, {}, {})
        for link in list(facts.chain(stage))[:-1]:
            for step in link.steps:
                known.add(step)
        for step in stage.steps:
            for command in step.commands if step.instruction.keyword == "RUN" else ():
                made = known.makers(command, step)
                if made:
                    maker = next(iter(made.values()))
                    mend = _fix(command, step, maker, stage, facts) if len(made) == 1 else None
                    yield self.finding(facts, command.span, _message(made), stage.label, mend)
            known.add(step)


def _message(made: dict[str, Step]) -> str:
    lines = sorted({maker.instruction.line for maker in made.values()})
    where = f"line {lines[0]}" if len(lines) == 1 else f"lines {', '.join(map(str, lines))}"
    is_one = len(made) == 1
    stays, it = ("stays", "it") if is_one else ("stay", "them")
    layer = "layer" if len(lines) == 1 else "layers"
    brought = [maker.copy for maker in made.values() if maker.copy]
    if not brought:
        advice = f"Delete {it} in the same RUN, or use a build stage."
    elif any(source and "://" in source for copy in brought for source in copy.sources):
        advice = f"Download {it} in the RUN that uses {it}."
    else:
        advice = "Use `RUN --mount=type=bind` in place of the COPY, or a build stage."
    return (
        f"{', '.join(made)} {stays} in the {layer} of {where}: deleting {it} here only hides "
        f"{it}. {advice}"
    )


class _Made(msgspec.Struct, frozen=True):
    """What earlier steps made: path or folder above it → (step, path), package → step."""

    facts: FileFacts
    paths: dict[str, tuple[Step, str]]
    packages: dict[str, Step]

    def add(self, step: Step) -> None:
        """Take what a step makes; the last one that makes a path is its maker."""
        for path in _made(step, self.facts, set(self.paths)):
            above = path if path.count("/") <= MOST_FOLDERS and len(path) <= PATH_MAX else ""
            while above.strip("/"):  # two slashes are a root, too
                if above == path or above not in self.paths:
                    self.paths[above] = (step, path)
                above = posixpath.dirname(above)
        for install in step.installs:
            for package in install.packages if install.manager.system else ():
                name = re.split("[=<>~]", package, maxsplit=1)[0]
                self.packages.setdefault(name, step)

    def makers(self, command: Command, step: Step) -> dict[str, Step]:
        """What the command deletes of what earlier steps made, each with its step."""
        manager = self.facts.managers.of(command.name)
        if manager and manager.system and not set(manager.removes).isdisjoint(command.args):
            return self._installer(command, step)
        if command.name != "rm" or command.conditional:
            return {}
        folder = step.folder(command)
        found: dict[str, Step] = {}
        for word in command.args:
            if word.startswith("-") or "$" in word:
                continue
            path = posixpath.normpath(posixpath.join(folder or "", word.rstrip("*") or "."))
            if path.startswith("/") and path in self.paths:
                maker, what = self.paths[path]
                found[what] = maker
                self._forget(path)
        return found

    def _forget(self, path: str) -> None:
        """Take a path that is deleted, and what is in it, off the list."""
        inside = f"{path}/"
        gone = [
            known
            for known, (_, made) in self.paths.items()
            if made == path or made.startswith(inside)
        ]
        for known in gone:
            del self.paths[known]

    def _installer(self, command: Command, step: Step) -> dict[str, Step]:
        own = {package for install in step.installs for package in install.packages}
        words = (word for word in command.args if word in self.packages and word not in own)
        return {f"package {word}": self.packages[word] for word in words}


def _made(step: Step, facts: FileFacts, known: set[str]) -> list[str]:
    """Absolute paths that a step is certain to write; `known` are those of the steps before."""
    if step.copy is not None:
        path = _copied(step.copy)
        return [path] if path and not is_small(step.copy, facts.context) else []
    return written_files(step, known)


def _copied(copy: Copy) -> str | None:
    """The archive or the folder that a COPY brings. Of other files nobody knows how large they
    are."""
    if copy.target is None or len(copy.sources) != 1 or not copy.sources[0]:
        return None
    source = copy.sources[0]
    name = posixpath.basename(source.rstrip("/"))
    if is_archive(name) or is_package(name):
        into = copy.target.endswith(("/", "/."))
        return posixpath.normpath(posixpath.join(copy.target, name) if into else copy.target)
    is_folder = source.endswith("/") or takes_everything(source)
    return posixpath.normpath(copy.target) if is_folder else None


def _fix(
    command: Command, step: Step, maker: Step, stage: StageFacts, facts: FileFacts
) -> Fix | None:
    """Delete at the end of the RUN that made it, where the next line is the one that deletes."""
    if step.index == 0 or stage.steps[step.index - 1] is not maker:
        return None
    if command is not step.commands[0]:
        return None
    if maker.instruction.keyword != "RUN" or step.folder(command) != maker.workdir:
        return None
    if any(word.dynamic for word in command.argv) or "\n" in command.text:
        return None
    cut = remove_command(facts.file, step, command)
    edit = append_command(facts.file, maker, command.text)
    return unsafe("delete it in the RUN that makes it", cut, edit)

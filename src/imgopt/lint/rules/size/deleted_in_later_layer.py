"""IMG304: what an earlier layer made is deleted in a later one: the bytes stay."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

import msgspec

from imgopt.dockerfile.shell import Command
from imgopt.facts.copies import below, takes_everything
from imgopt.facts.fetches import fetched_file
from imgopt.facts.file import FileFacts
from imgopt.facts.file_names import is_archive, is_package
from imgopt.facts.managers import Managers
from imgopt.facts.steps import PATH_MAX, Copy, StageFacts, Step
from imgopt.lint.finding import Finding, Fix, Safety, Severity
from imgopt.lint.fixes.edits import append_command, remove_command, unsafe
from imgopt.lint.rule import Rule


class DeletedInLaterLayer(Rule):
    id = "IMG304"
    name = "deleted-in-later-layer"
    severity = Severity.WARNING
    summary = "What an earlier layer made is deleted in a later one"
    fixable = Safety.UNSAFE

    def check_stage(self, stage: StageFacts, facts: FileFacts) -> Iterator[Finding]:
        if not facts.in_final(stage):
            return
        known = _Made(facts.managers, {}, {})
        for link in list(facts.chain(stage))[:-1]:
            for step in link.steps:
                known.add(step)
        for step in stage.steps:
            for command in step.commands if step.instruction.keyword == "RUN" else ():
                made = known.maker(command, step)
                if made is None:
                    continue
                maker, what = made
                message = (
                    f"{what} is in the layer of line {maker.instruction.line}, and stays there: "
                    f"deleting it here only hides it. Delete it in the same RUN, or use a build "
                    f"stage."
                )
                mend = _fix(command, step, maker, stage, facts)
                yield self.finding(facts, command.span, message, stage.label, mend)
            known.add(step)


class _Made(msgspec.Struct, frozen=True):
    """What earlier steps made: path or folder above it → (step, path), package → step."""

    managers: Managers
    paths: dict[str, tuple[Step, str]]
    packages: dict[str, Step]

    def add(self, step: Step) -> None:
        for path in _made(step):
            above = path
            while len(path) <= PATH_MAX and above != "/" and above not in self.paths:
                self.paths[above] = (step, path)
                above = posixpath.dirname(above)
        for install in step.installs:
            for package in install.packages if install.manager.system else ():
                name = re.split("[=<>~]", package, maxsplit=1)[0]
                self.packages.setdefault(name, step)

    def maker(self, command: Command, step: Step) -> tuple[Step, str] | None:
        """The earlier step that made what the command deletes, and what that is."""
        manager = self.managers.of(command.name)
        if manager and manager.system and not set(manager.removes).isdisjoint(command.args):
            return self._installer(command, step)
        if command.name != "rm" or command.conditional:
            return None
        folder = step.folder(command)
        for word in command.args:
            if word.startswith("-") or "$" in word:
                continue
            path = posixpath.normpath(posixpath.join(folder or "", word.rstrip("*") or "."))
            if path.startswith("/") and path in self.paths:
                return self.paths[path]
        return None

    def _installer(self, command: Command, step: Step) -> tuple[Step, str] | None:
        own = {package for install in step.installs for package in install.packages}
        for word in command.args:
            if word in self.packages and word not in own:
                return self.packages[word], f"package {word}"
        return None


def _made(step: Step) -> list[str]:
    """Absolute paths that a step is certain to write."""
    if step.copy is not None:
        path = _copied(step.copy)
        return [path] if path else []
    if step.instruction.keyword != "RUN" or any(m.type == "tmpfs" for m in step.mounts):
        return []
    return [path for path in _fetched(step) if _stays(path, step)]


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


def _fetched(step: Step) -> Iterator[str]:
    """The paths that a RUN's downloads and clones write."""
    for command in step.commands:
        path, folder = _written(command), step.folder(command)
        if path and (folder or path.startswith("/")) and not command.conditional:
            yield posixpath.normpath(posixpath.join(folder or "/", path))


def _stays(path: str, step: Step) -> bool:
    """Whether what a RUN wrote is in its layer: not removed in it, nor below a mount."""
    name = posixpath.basename(path)
    if any(name in word for c in step.commands if c.name == "rm" for word in c.args):
        return False
    return not any(m.target and below(path, m.target) for m in step.caching_mounts())


def _written(command: Command) -> str | None:
    """The one path that a download or a clone writes."""
    if path := fetched_file(command):
        return _plain(path)
    args = list(command.args)
    urls = [a for a in args if "://" in a]
    if command.name == "git" and args[:1] == ["clone"] and len(urls) == 1:
        behind = args[args.index(urls[0]) + 1 :]
        name = behind[0] if behind else posixpath.basename(urls[0]).removesuffix(".git")
        return _plain(name)
    return None


def _plain(path: str) -> str | None:
    return path if path and path != "-" and not any(c in path for c in "$*?") else None


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

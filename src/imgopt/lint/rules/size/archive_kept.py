"""IMG306: a downloaded archive is unpacked and stays beside its contents."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from imgopt.dockerfile.shell import Command
from imgopt.facts.copies import below
from imgopt.facts.fetches import fetched_file
from imgopt.facts.file import FileFacts
from imgopt.facts.file_names import UNPACKERS, is_archive, reads_pipes
from imgopt.facts.steps import StageFacts, Step
from imgopt.facts.words import words_of
from imgopt.lint.finding import Finding, Severity
from imgopt.lint.rule import Rule

_TAKES_AWAY = frozenset({"rm", "mv", "find"})


class ArchiveKept(Rule):
    id = "IMG306"
    name = "archive-kept"
    severity = Severity.WARNING
    summary = "A downloaded archive stays in the image along with its contents"

    def check_stage(self, stage: StageFacts, facts: FileFacts) -> Iterator[Finding]:
        if not facts.in_final(stage):
            return
        for step in stage.steps:
            yield from self._added(step, stage, facts)
        for step in stage.runs():
            for index, command in enumerate(step.commands):
                name = None if command.conditional else fetched_file(command)
                if name is None or not is_archive(name):
                    continue
                rest = step.commands[index + 1 :]
                base = posixpath.basename(name)
                unpacked = any(c.name in UNPACKERS and any(base in w for w in c.args) for c in rest)
                if not unpacked or _is_gone(name, command, rest, step):
                    continue
                message = (
                    f"{base} is unpacked and stays in the layer too. "
                    f"{_removal(name, command, step)}"
                    f"{', or pipe the download into tar' if reads_pipes(base) else ''}."
                )
                yield self.finding(facts, command.span, message, stage.label)

    def _added(self, step: Step, stage: StageFacts, facts: FileFacts) -> Iterator[Finding]:
        """ADD of a URL unpacks nothing, and no later line can take the archive out of its layer."""
        copy = step.copy
        urls = [s for s in copy.sources if s and "://" in s and is_archive(s)] if copy else []
        if copy is None or copy.target is None or step.instruction.flag("unpack"):
            return
        for url in urls:
            base = posixpath.basename(url)
            path = posixpath.join(copy.target, base) if copy.target.endswith("/") else copy.target
            used = next(
                (
                    s
                    for s in _unpacking(stage, facts)
                    if s.index >= step.index and _unpacks(s, path)
                ),
                None,
            )
            if used is not None and not _is_deleted(path, stage):  # else IMG304 says it
                message = (
                    f"{base} is unpacked in line {used.instruction.line} and stays in this layer "
                    f"too. Download it there and delete it in the same RUN."
                )
                yield self.finding(facts, step.instruction.span, message, stage.label)


def _removal(name: str, download: Command, step: Step) -> str:
    """What takes the file away at the RUN's end, from the folder that this has come to."""
    here, end = step.folder(download), step.folder(step.commands[-1])
    if step.commands[-1].name == "cd":
        end = None
    if here is not None and here == end:
        return f"End the RUN with `rm {name}`"
    if here is not None:
        name = posixpath.normpath(posixpath.join(here, name))
    if name.startswith("/"):
        return f"End the RUN with `rm {name}`"
    return f"Remove {posixpath.basename(name)} in the same RUN, where it was unpacked"


def _is_deleted(path: str, stage: StageFacts) -> bool:
    """Whether a RUN deletes the file of that absolute path."""
    return any(
        c.name in _TAKES_AWAY and _covers(c, path) for step in stage.runs() for c in step.commands
    )


def _unpacking(stage: StageFacts, facts: FileFacts) -> list[Step]:
    """The RUNs of a stage that unpack something."""

    def found() -> list[Step]:
        return [s for s in stage.runs() if any(c.name in UNPACKERS for c in s.commands)]

    return facts.once(("unpacking", stage.stage.index), found)


def _unpacks(step: Step, path: str) -> bool:
    """Whether a RUN unpacks the archive of that absolute path."""
    return any(
        posixpath.normpath(posixpath.join(folder, word)) == path
        for command in step.commands
        if command.name in UNPACKERS and (folder := step.folder(command)) is not None
        for word in words_of(command, step.env)[1:]
    )


def _is_gone(name: str, download: Command, rest: tuple[Command, ...], step: Step) -> bool:
    """Whether a later command or a mount takes the file out of the layer."""
    if any(c.name in _TAKES_AWAY and _covers(c, name) for c in rest):
        return True
    path = posixpath.normpath(posixpath.join(step.folder(download) or "/", name))
    targets = [step.resolve(mount.target) for mount in step.caching_mounts()]
    return any(target is None or below(path, target) for target in targets)


def _covers(command: Command, name: str) -> bool:
    """Whether an rm takes the file: by name, by a glob, or with its folder."""
    words = [word for word in command.args if not word.startswith("-")]
    return any(_names(word, name) or _is_folder_of(word, name, command.cwd or "") for word in words)


def _names(word: str, name: str) -> bool:
    """Whether a word is the file, or may be it."""
    base = posixpath.basename(name)
    if base in word or "$" in word or word in ("*", ".", ".."):
        return True
    suffix = re.sub(r"^.*?(\.[a-z0-9.]+)$", r"\1", base)
    glob = word.rpartition("/")[2].lstrip("*")
    return "*" in word and (glob in suffix or word.endswith("*"))


def _is_folder_of(word: str, name: str, cwd: str) -> bool:
    """Whether a word is the folder of the file, or a folder that may be."""
    if cwd and posixpath.normpath(word) in (cwd, "../" + cwd):
        return True
    if "/" in name:
        return name.startswith(word.rstrip("/") + "/")
    return "." not in word and "/" in word

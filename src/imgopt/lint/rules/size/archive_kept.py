"""IMG306: a downloaded archive is unpacked and stays beside its contents."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from imgopt.dockerfile.shell import Command
from imgopt.facts.copies import below
from imgopt.facts.fetches import fetched_file
from imgopt.facts.file import FileFacts
from imgopt.facts.file_names import UNPACKERS, is_archive
from imgopt.facts.steps import StageFacts, Step
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
                    f"{base} is unpacked and stays in the layer too. End the RUN with "
                    f"`rm {base}`, or pipe the download into tar."
                )
                yield self.finding(facts, command.span, message, stage.label)


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

"""IMG306: a downloaded archive is unpacked and stays beside its contents."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from imgopt.dockerfile.shell import Command
from imgopt.facts.copies import below
from imgopt.facts.file import FileFacts
from imgopt.facts.steps import StageFacts, Step
from imgopt.lint.finding import Finding
from imgopt.lint.rule import Rule

_ARCHIVE = re.compile(r"\.(tar(\.(gz|xz|bz2|zst))?|tgz|txz|tbz2?|zip)$")
_UNPACK = frozenset({"tar", "unzip", "bsdtar", "7z", "gunzip"})


class ArchiveKept(Rule):
    id = "IMG306"
    name = "archive-kept"
    category = "size"
    severity = "warning"
    summary = "A downloaded archive stays in the image beside its contents"

    def check_stage(self, stage: StageFacts, facts: FileFacts) -> Iterator[Finding]:
        if not facts.in_final(stage):
            return
        for step in stage.runs():
            for index, command in enumerate(step.commands):
                name = _downloaded(command, step)
                if name is None or not _ARCHIVE.search(name):
                    continue
                rest = step.commands[index + 1 :]
                base = posixpath.basename(name)
                unpacked = any(c.name in _UNPACK and any(base in w for w in c.args) for c in rest)
                if not unpacked or _is_gone(name, command, rest, step):
                    continue
                message = (
                    f"{base} is unpacked and stays in the layer too. End the RUN with "
                    f"`rm {base}`, or pipe the download into tar."
                )
                yield self.finding(facts, command.span, message, stage.label)


def _downloaded(command: Command, step: Step) -> str | None:
    """The file that curl or wget writes, as written."""
    args = list(command.args)
    outputs = {"curl": ("-o", "--output"), "wget": ("-O", "--output-document")}.get(command.name)
    if outputs is None or command.conditional:
        return None
    for index, word in enumerate(args[:-1]):
        if word in outputs or (
            command.name == "curl" and re.fullmatch(r"-[a-zA-Z]*o", word)
        ) or (command.name == "wget" and re.fullmatch(r"-[a-zA-Z]*O", word)):  # fmt: skip
            return args[index + 1] if args[index + 1] not in ("-", "/dev/null") else None
    remote = command.name == "wget" or any(
        re.fullmatch(r"-[a-zA-Z]*O[a-zA-Z]*|--remote-name", word) for word in args
    )
    urls = [word for word in args if "://" in word]
    if not remote or len(urls) != 1:
        return None
    return posixpath.basename(urls[0].partition("?")[0]) or None


def _is_gone(name: str, download: Command, rest: tuple[Command, ...], step: Step) -> bool:
    folder = step.folder(download) or "/"
    for command in rest:
        if command.name in ("rm", "mv", "find") and _covers(command, name):
            return True
    path = posixpath.normpath(posixpath.join(folder, name))
    return any(
        (target := step.resolve(m.target)) is None or below(path, target)
        for m in step.mounts
        if m.type in ("cache", "tmpfs")
    )


def _covers(command: Command, name: str) -> bool:
    """Whether an rm takes the file: by name, by a glob, or with its folder."""
    base = posixpath.basename(name)
    suffix = re.sub(r"^.*?(\.[a-z0-9.]+)$", r"\1", base)
    for word in command.args:
        if word.startswith("-"):
            continue
        if base in word or "$" in word or word in ("*", ".", ".."):
            return True
        if "*" in word and (word.rpartition("/")[2].lstrip("*") in suffix or word.endswith("*")):
            return True
        if "/" in name and name.startswith(word.rstrip("/") + "/"):
            return True
        if command.cwd and posixpath.normpath(word) in (command.cwd, "../" + command.cwd):
            return True
        if "/" not in name and "." not in word and "/" in word:
            return True  # a folder, in which the archive may lie
    return False

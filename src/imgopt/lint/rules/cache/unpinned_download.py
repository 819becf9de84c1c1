"""IMG109: a download that moves: cached for ever here, another one elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator

from imgopt.dockerfile.shell import Command
from imgopt.facts.commands import DOWNLOADS
from imgopt.facts.file import FileFacts
from imgopt.facts.moving import is_moving, is_moving_url
from imgopt.facts.steps import StageFacts, Step
from imgopt.facts.words import words_of
from imgopt.lint.finding import Finding, Severity
from imgopt.lint.rule import Rule
from imgopt.regex import lazy

_URL = lazy(r"(?:https?|ftp)://[^\s\"'<>|;]+")
_CHECKS = lazy(r"^(sha\d*sum|shasum|md5sum|b2sum|gpg|gpgv|cosign|minisign|openssl)$")
_VALUED = frozenset("-b --branch --depth -o --origin -c --config -j --jobs --filter".split())


class UnpinnedDownload(Rule):
    id = "IMG109"
    name = "unpinned-download"
    severity = Severity.WARNING
    summary = "A download whose URL can return something else later"

    def check_stage(self, stage: StageFacts, facts: FileFacts) -> Iterator[Finding]:
        if stage.stage.index not in facts.needed:
            return
        last_choice = max((s.index for s in stage.runs() if _chooses(s.commands)), default=-1)
        for step in stage.runs():
            if any(_CHECKS.match(c.name) for c in step.commands):
                continue
            for command in step.commands:
                what = _moving(command, step, last_choice)
                if what:
                    message = (
                        f"{what} can change: BuildKit keeps the first download until this line "
                        f"changes, while other machines get a different one. Pin a release, and "
                        f"verify it (ADD --checksum, or ADD of a Git ref)."
                    )
                    yield self.finding(facts, command.span, message, stage.label)


def _moving(command: Command, step: Step, last_choice: int) -> str | None:
    words = list(words_of(command, step.env))[1:]
    if command.name in DOWNLOADS:
        for word in words:
            match = _URL.search(word)
            if match and is_moving_url(match[0]):
                return _short(match[0])
        return None
    if command.name == "git" and "clone" in words:
        return _clone(words, step, last_choice)
    return None


def _chooses(commands: tuple[Command, ...]) -> bool:
    """Whether a command checks a commit or tag out."""
    words = {"checkout", "reset", "switch", "submodule", "fetch"}
    return any(c.name == "git" and words & set(c.args) for c in commands)


def _clone(args: list[str], step: Step, last_choice: int) -> str | None:
    """What is wrong with a `git clone`, None where a tag or commit is named anywhere.

    `last_choice` is the last step of the stage that checks something out.
    """
    reference, plain, index = "", [], args.index("clone") + 1
    while index < len(args):
        key, equals, value = args[index].partition("=")
        if key in _VALUED and not equals:
            value = args[index + 1] if index + 1 < len(args) else ""
            index += 1
        if key in ("-b", "--branch", "--revision"):
            reference = value
        elif not key.startswith("-"):
            plain.append(args[index])
        index += 1
    if not plain or not re.match(r"(https?|git|ssh)://|git@", plain[0]):
        return None
    if reference:
        if is_moving(reference):
            return f"branch {reference} of {_short(plain[0])}"
        return None
    if last_choice >= step.index:
        return None
    if "@" in plain[0].rpartition("/")[2]:
        return None
    return f"the default branch of {_short(plain[0])}"


def _short(url: str) -> str:
    text = url.partition("://")[2] or url
    return text if len(text) <= 60 else text[:59] + "…"

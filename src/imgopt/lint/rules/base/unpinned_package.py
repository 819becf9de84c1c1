"""IMG506: a package without a version."""

from __future__ import annotations

import re
from collections.abc import Iterator

from imgopt.facts.file import FileFacts
from imgopt.facts.installs import PACKAGES, Install
from imgopt.facts.managers.model import Pin
from imgopt.facts.steps import StageFacts, Step
from imgopt.lint.finding import Finding, Severity
from imgopt.lint.rule import Rule
from imgopt.regex import lazy

_ELSEWHERE = (".", "/", "-")  # beginnings of words that are no name in an index
_REPOSITORY = lazy(r"git(\+[a-z]+)?://")


class UnpinnedPackage(Rule):
    id = "IMG506"
    name = "unpinned-package"
    severity = Severity.INFO
    summary = "A package is installed without a version"
    recommended = False

    def check_stage(self, stage: StageFacts, facts: FileFacts) -> Iterator[Finding]:
        for step in stage.runs():
            for install in step.installs:
                loose = _unpinned(install, step)
                if loose:
                    some = ", ".join(loose[:4]) + (", …" if len(loose) > 4 else "")
                    message = (
                        f"no version is named for {some}: the next build may install another one."
                    )
                    yield self.finding(facts, install.command.span, message, stage.label)


def _unpinned(install: Install, step: Step) -> list[str]:
    """The words of an install that name a package, and no version of it."""
    pin = install.manager.pin
    if pin is None or install.kind != PACKAGES or install.action in pin.unversioned:
        return []
    if install.has_flag(*pin.flags) or any(step.env.get(name) for name in pin.env):
        return []
    return [word for word in install.packages if "$" not in word and _is_loose(word, pin)]


def _is_loose(word: str, pin: Pin) -> bool:
    if "://" in word:
        return bool(pin.revision and _REPOSITORY.match(word)) and not re.search(pin.revision, word)
    if "*" in word or word.startswith(_ELSEWHERE) or word.endswith(pin.files or "/"):
        return False
    return bool(re.fullmatch(pin.names, word)) and not re.search(pin.pattern, word)

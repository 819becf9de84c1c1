"""IMG506: a package without a version."""

from __future__ import annotations

import re
from collections.abc import Iterator

from imgopt.facts.file import FileFacts
from imgopt.facts.installs import PACKAGES, Install
from imgopt.facts.steps import StageFacts
from imgopt.lint.finding import Finding, Severity
from imgopt.lint.rule import Rule

_ELSEWHERE = (".", "http", "git+", "-")  # beginnings of words that are no name in an index


class UnpinnedPackage(Rule):
    id = "IMG506"
    name = "unpinned-package"
    severity = Severity.INFO
    summary = "A package is installed without a version"
    recommended = False

    def check_stage(self, stage: StageFacts, facts: FileFacts) -> Iterator[Finding]:
        for step in stage.runs():
            for install in step.installs:
                loose = _unpinned(install)
                if loose:
                    some = ", ".join(loose[:4]) + (", …" if len(loose) > 4 else "")
                    message = (
                        f"no version is named for {some}: the next build may install another one."
                    )
                    yield self.finding(facts, install.command.span, message, stage.label)


def _unpinned(install: Install) -> list[str]:
    pin = install.manager.pin
    if pin is None or install.kind != PACKAGES or install.has_flag(*pin.flags):
        return []
    return [
        word
        for word in install.packages
        if not any(c in word for c in "$/*")
        and not word.startswith(_ELSEWHERE)
        and not re.search(pin.pattern, word)
    ]

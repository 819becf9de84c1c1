"""IMG506: a package without a version."""

from __future__ import annotations

import re
from collections.abc import Iterator

from imgopt.facts.file import FileFacts
from imgopt.facts.installs import PACKAGES, Install
from imgopt.facts.steps import StageFacts
from imgopt.lint.finding import Finding
from imgopt.lint.rule import Rule

_PINS = {
    "apt": "=", "apk": "=", "pip": "==", "uv": "==", "npm": "@", "yarn": "@", "pnpm": "@",
    "go": "@", "dnf": "-", "yum": "-",
}  # fmt: skip


class UnpinnedPackage(Rule):
    id = "IMG506"
    name = "unpinned-package"
    category = "base"
    severity = "info"
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
    name = install.manager.name
    if name not in _PINS or install.kind != PACKAGES:
        return []
    loose = []
    for word in install.packages:
        if any(c in word for c in "$/*") or word.startswith((".", "http", "git+", "-")):
            continue
        if "@" in word and name in ("pip", "uv"):
            continue
        text = word[1:] if word.startswith("@") else word
        pinned = _PINS[name] in text or (name in ("apk", "pip", "uv") and re.search("[~<>=]", text))
        if name in ("dnf", "yum"):
            pinned = bool(re.search(r"-\d", text))
        if name in ("npm", "yarn", "pnpm", "go") and text.endswith("@latest"):
            pinned = False
        if not pinned:
            loose.append(word)
    return loose

"""IMG302: apt installs recommended packages that nobody asked for."""

from __future__ import annotations

import re
from collections.abc import Iterator

from imgopt.facts.apt import is_apt
from imgopt.facts.file import FileFacts
from imgopt.facts.installs import Install
from imgopt.facts.steps import StageFacts, Step
from imgopt.lint.finding import Edit, Finding, Safety, Severity
from imgopt.lint.fixes.edits import add_words, unsafe
from imgopt.lint.rule import Rule

_OFF = re.compile(
    r"--no-install-recommends|Install-Recommends[\"']?(=|\s+)[\"']?(false|no|0|off)", re.IGNORECASE
)


class AptRecommends(Rule):
    id = "IMG302"
    name = "apt-recommends"
    severity = Severity.WARNING
    fixable = Safety.UNSAFE
    summary = "apt installs recommended packages too"

    def check_stage(self, stage: StageFacts, facts: FileFacts) -> Iterator[Finding]:
        if not facts.in_production(stage):
            return
        configured = any(_configures(s) for link in list(facts.chain(stage))[:-1]
                         for s in link.steps)  # fmt: skip
        for step in stage.steps:
            # Configuration of apt counts from wherever it was written before.
            configured = configured or _configures(step)
            loose = [
                install
                for install in step.installs
                if is_apt(install.command) and install.packages
                and not _OFF.search(install.command.text)
            ] if not configured else []  # fmt: skip
            if loose:
                message = (
                    "apt installs what these packages recommend, too. Use "
                    "--no-install-recommends, and name what is really needed of it."
                )
                mend = unsafe("add --no-install-recommends", *map(_without, loose))
                yield self.finding(facts, loose[0].command.span, message, stage.label, mend)


def _without(install: Install) -> Edit | None:
    """The flag behind the word `install`."""
    return add_words(install.command, "--no-install-recommends", install.position)


def _configures(step: Step) -> bool:
    """Whether a step writes configuration that switches recommended packages off."""
    instruction = step.instruction
    text = instruction.text + "".join(h.content for h in instruction.heredocs)
    return "nstall-" in text and "apt.conf" in text and bool(_OFF.search(text))

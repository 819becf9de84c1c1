"""IMG302: apt installs recommended packages that nobody asked for."""

from __future__ import annotations

import re
from collections.abc import Iterator

from imgopt.facts.apt import is_apt
from imgopt.facts.file import FileFacts
from imgopt.facts.installs import Install
from imgopt.facts.steps import StageFacts, Step
from imgopt.lint.finding import Edit, Finding, Fix, Safety, Severity
from imgopt.lint.fixes.edits import add_words, insert, unsafe
from imgopt.lint.rule import Rule
from imgopt.regex import lazy

_OFF = lazy(
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
                    "--no-install-recommends, and list those you need."
                )
                mend = _fix(loose, step, stage, facts)
                yield self.finding(facts, loose[0].command.span, message, stage.label, mend)


def _fix(loose: list[Install], step: Step, stage: StageFacts, facts: FileFacts) -> Fix | None:
    """The flag behind the word `install`, and by name what people count on of the rest."""
    parts: list[Edit | None] = []
    named: set[str] = set()
    if any(i.manager.recommended.get(_bare(p)) for i in loose for p in i.packages):
        named = {_bare(p) for i in _installs_before(step, stage, facts) for p in i.packages}
    added: list[str] = []
    for install in loose:
        parts.append(add_words(install.command, "--no-install-recommends", install.position))
        named.update(map(_bare, install.packages))
        counted_on = [
            other
            for package in map(_bare, install.packages)
            for other in install.manager.recommended.get(package, ())
        ]
        missing = [name for name in dict.fromkeys(counted_on) if name not in named]
        if missing:
            named.update(missing)
            added += missing
            parts.append(_named_too(install, missing))
    what = f" and name {', '.join(added)}" if added else ""
    return unsafe(f"add --no-install-recommends{what}", *parts)


def _named_too(install: Install, packages: list[str]) -> Edit | None:
    """More packages behind the last one of an install."""
    argv = install.command.argv
    last = max((n for n, w in enumerate(argv) if w.value in install.packages), default=-1)
    if last < 0 or not install.command.exact:
        return None
    return insert(argv[last].span.end, "".join(f" {name}" for name in packages))


def _installs_before(step: Step, stage: StageFacts, facts: FileFacts) -> Iterator[Install]:
    for other in facts.steps_before(stage, step):
        yield from other.installs
    yield from step.installs


def _bare(package: str) -> str:
    """A package's name without version, release and architecture."""
    return re.split(r"[=/:]", package, maxsplit=1)[0]


def _configures(step: Step) -> bool:
    """Whether a step writes configuration that switches recommended packages off."""
    instruction = step.instruction
    text = instruction.text + "".join(h.content for h in instruction.heredocs)
    return "nstall-" in text and "apt.conf" in text and bool(_OFF.search(text))

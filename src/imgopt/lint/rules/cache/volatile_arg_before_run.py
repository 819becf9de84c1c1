"""IMG106: an ARG that changes with every build stands before costly RUNs that do not use it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from imgopt.dockerfile.stages import assignments
from imgopt.facts.commands import is_system_command
from imgopt.facts.file import FileFacts
from imgopt.facts.steps import StageFacts, Step
from imgopt.lint.finding import Finding, Fix, Safety, Severity
from imgopt.lint.fixes.edits import move_behind, safe
from imgopt.lint.rule import Rule

_VOLATILE = re.compile(
    r"GIT_(?!VERSION|LFS)\w+|(\w+_)?SHA1?|COMMIT\w*|(\w+_)?(GIT_)?(COMMIT|REVISION)(_\w+)?|VCS_REF"
    r"|BUILD_(DATE|TIME|TIMESTAMP|ID|NUMBER|NUM|SHA|COMMIT|REF|VERSION)|BUILDTIME|(\w+_)?TIMESTAMP"
    r"|CI_\w+|CACHE_?BUST(ER)?|CACHE_DATE"
    r"|(APP|APPLICATION|PROJECT|RELEASE|IMAGE|SERVICE)_VERSION|VERSION"
)
_CHECKSUM = re.compile(r"SHA1?$|SHA\d+")


class VolatileArgBeforeRun(Rule):
    id = "IMG106"
    name = "volatile-arg-before-run"
    severity = Severity.WARNING
    fixable = Safety.SAFE
    summary = "An ARG that changes with every build comes before costly RUNs that do not use it"

    def check_stage(self, stage: StageFacts, facts: FileFacts) -> Iterator[Finding]:
        seen: set[str] = set()
        for position, step in enumerate(stage.steps):
            if step.instruction.keyword != "ARG":
                continue
            for name, default in assignments(step.instruction):
                if name in seen or not _is_volatile(name, default):
                    continue
                seen.add(name)
                finding = self._check(name, default, position, step, stage, facts)
                if finding:
                    yield finding
                    break

    def _check(
        self,
        name: str,
        default: str | None,
        position: int,
        step: Step,
        stage: StageFacts,
        facts: FileFacts,
    ) -> Finding | None:
        names = {name}
        later = stage.steps[position + 1 :]
        for other in later:
            if other.instruction.keyword == "ENV":
                for variable, value in assignments(other.instruction):
                    if value and _mentions(value, names):
                        names.add(variable)
        if name == "VERSION" and not _is_the_apps_own(default, later, names):
            return None
        costly: list[Step] = []
        for other in later:
            if other.instruction.keyword == "RUN":
                if _uses(other, names):
                    break
                if other.installs:
                    costly.append(other)
        if not costly:
            return None
        lines = ", ".join(str(c.instruction.line) for c in costly[:4])
        message = (
            f"ARG {name} changes with every build and stands before costly RUN "
            f"{'lines' if len(costly) > 1 else 'line'} {lines}, which do not use it: BuildKit "
            f"counts every ARG in scope into a RUN's cache key, so they run again each time. "
            f"Declare it after them."
        )
        mend = _fix(step, names, costly[-1], stage, facts)
        return self.finding(facts, step.instruction.span, message, stage.label, mend)


def _fix(arg: Step, names: set[str], last: Step, stage: StageFacts, facts: FileFacts) -> Fix | None:
    """Move the ARG, and the ENV taken from it, behind the last RUN that it spoils.

    Only past installs and system commands: what another program reads of its environment, nobody
    knows.
    """
    moved = [arg.instruction]
    for step in stage.steps[arg.index + 1 : last.index + 1]:
        instruction = step.instruction
        if instruction.keyword == "ENV" and _uses(step, names):
            moved.append(instruction)
        elif _uses(step, names) or (instruction.keyword == "RUN" and not _is_seen(step, facts)):
            return None
    if not all(i.exact and names.issuperset(dict(assignments(i))) for i in moved):
        return None
    description = f"move it behind line {last.instruction.end_line}"
    return safe(description, move_behind(facts.file, moved, last.instruction))


def _is_seen(run: Step, facts: FileFacts) -> bool:
    """Whether all commands of a RUN are installs or system commands."""
    known = {id(install.command) for install in run.installs}
    return bool(run.commands) and all(
        id(c) in known or is_system_command(c, facts.managers) for c in run.commands
    )


def _is_volatile(name: str, default: str | None) -> bool:
    if not _VOLATILE.fullmatch(name.upper()):
        return False
    value = (default or "").strip("\"'")
    # A checksum or commit that is written down pins a download.
    return not (_CHECKSUM.search(name.upper()) and re.fullmatch(r"[0-9a-f]{7,}", value))


def _is_the_apps_own(default: str | None, later: tuple[Step, ...], names: set[str]) -> bool:
    """VERSION may also be the version of something that the stage downloads."""
    value = (default or "").strip("\"'")
    if value and re.search(r"\d", value) and not re.fullmatch(r"v?0(\.0)*(-\w+)?", value):
        return False
    return not any(s.instruction.keyword in ("RUN", "ADD") and _uses(s, names) for s in later)


def _uses(step: Step, names: set[str]) -> bool:
    text = step.instruction.text + "".join(h.content for h in step.instruction.heredocs)
    return _mentions(text, names)


def _mentions(text: str, names: set[str]) -> bool:
    return any(re.search(rf"\$\{{?{re.escape(n)}\b|\b{re.escape(n)}\b", text) for n in names)

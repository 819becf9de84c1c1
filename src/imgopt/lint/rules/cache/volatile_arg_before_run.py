"""IMG106: an ARG that changes with every build stands before costly RUNs that do not use it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from imgopt.dockerfile.stages import assignments
from imgopt.facts.commands import is_system_command
from imgopt.facts.file import FileFacts
from imgopt.facts.installs import PROJECT
from imgopt.facts.moving import is_commit, is_moving_variable, is_version
from imgopt.facts.steps import StageFacts, Step
from imgopt.lint.finding import Finding, Fix, Safety, Severity
from imgopt.lint.fixes.edits import move_behind, safe
from imgopt.lint.rule import Rule


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
                if name in seen or not _is_volatile(name, default, facts):
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
        costly = _spoiled(later, names, facts)
        if not costly:
            return None
        lines = ", ".join(str(c.instruction.line) for c in costly[:4])
        runs, they = (
            (f"RUN line {lines}", "it runs")
            if len(costly) == 1
            else (f"RUN lines {lines}", "they run")
        )
        message = (
            f"ARG {name} changes with every build and stands before {runs}, which "
            f"{'does' if len(costly) == 1 else 'do'} not use it: BuildKit counts every ARG in "
            f"scope into a RUN's cache key, so {they} again each time. "
            f"{_advice(name, later, names, costly, facts)}"
        )
        mend = _fix(step, names, costly[-1], stage, facts)
        return self.finding(facts, step.instruction.span, message, stage.label, mend)


def _spoiled(later: tuple[Step, ...], names: set[str], facts: FileFacts) -> list[Step]:
    """The costly RUNs up to the first that reads one of the variables, or may."""
    costly: list[Step] = []
    for step in later:
        if step.instruction.keyword == "RUN":
            if _uses(step, names) or not _is_seen(step, facts):
                break
            if step.installs:
                costly.append(step)
    return costly


def _advice(
    name: str, later: tuple[Step, ...], names: set[str], costly: list[Step], facts: FileFacts
) -> str:
    unread = all(s.instruction.keyword != "RUN" or _is_seen(s, facts) for s in later)
    if unread and not any(_uses(s, names) for s in later):
        return "Nothing here uses it: remove it."
    end = costly[-1].instruction.end_line
    users = [s.instruction for s in later if s.instruction.line <= end and _uses(s, names)]
    if not users:
        return f"Declare it behind line {end}."
    what = " and ".join(dict.fromkeys(f"the {i.keyword}" for i in users))
    lines = ", ".join(str(i.line) for i in users[:4])
    return (
        f"Move ARG {name}, and {what} that {'uses' if len(users) == 1 else 'use'} it (line"
        f"{'' if len(users) == 1 else 's'} {lines}), behind line {end}."
    )


def _fix(arg: Step, names: set[str], last: Step, stage: StageFacts, facts: FileFacts) -> Fix | None:
    """Move the ARG, and the ENV and LABEL taken from it, behind the last RUN that it spoils.

    Only past installs and system commands: what another program reads of its environment, nobody
    knows.
    """
    moved = [arg.instruction]
    passed = stage.steps[arg.index + 1 : last.index + 1]
    labels = [s for s in passed if s.instruction.keyword == "LABEL"]
    for step in passed:
        instruction = step.instruction
        if instruction.keyword == "ENV" and _uses(step, names):
            moved.append(instruction)
        elif instruction.keyword == "LABEL" and _uses(step, names):
            if any(_uses(s, names) != _uses(labels[0], names) for s in labels):
                return None  # another one of them may set the same key
            moved.append(instruction)
        elif _uses(step, names) or (instruction.keyword == "RUN" and not _is_seen(step, facts)):
            return None
    if not all(i.exact for i in moved):
        return None
    if any(i.keyword != "LABEL" and not names.issuperset(dict(assignments(i))) for i in moved):
        return None
    description = f"move it behind line {last.instruction.end_line}"
    return safe(description, move_behind(facts.file, moved, last.instruction))


def _is_seen(run: Step, facts: FileFacts) -> bool:
    """Whether all commands of a RUN are system commands, or install what others have made: a
    build reads any variable that it likes."""
    known = {
        id(install.command)
        for install in run.installs
        if install.kind != PROJECT and not install.does.compiles
    }
    return bool(run.commands) and all(
        id(c) in known or is_system_command(c, facts.managers) for c in run.commands
    )


def _is_volatile(name: str, default: str | None, facts: FileFacts) -> bool:
    """Whether an ARG changes with every build. A commit that is written down pins a download, as
    long as no configuration passes another one."""
    if not is_moving_variable(name):
        return False
    return name in facts.build_args or not is_commit((default or "").strip("\"'"))


def _is_the_apps_own(default: str | None, later: tuple[Step, ...], names: set[str]) -> bool:
    """VERSION may also be the version of something that the stage downloads."""
    if is_version((default or "").strip("\"'")):
        return False
    return not any(s.instruction.keyword in ("RUN", "ADD") and _uses(s, names) for s in later)


def _uses(step: Step, names: set[str]) -> bool:
    text = step.instruction.text + "".join(h.content for h in step.instruction.heredocs)
    return _mentions(text, names)


def _mentions(text: str, names: set[str]) -> bool:
    return any(re.search(rf"\$\{{?{re.escape(n)}\b|\b{re.escape(n)}\b", text) for n in names)

"""IMG308: several RUNs that form one step and clean each other up."""

from __future__ import annotations

import re
from collections.abc import Iterator

from imgopt.dockerfile.model import Span
from imgopt.facts.apt import LISTS, updates
from imgopt.facts.caches import (
    cache_directories,
    emptied_by,
    hook_acts,
    is_covered,
    is_told_not_to_cache,
    removals,
)
from imgopt.facts.copies import below
from imgopt.facts.file import FileFacts
from imgopt.facts.installs import Install
from imgopt.facts.managers import Managers
from imgopt.facts.steps import StageFacts, Step
from imgopt.facts.written import written_files
from imgopt.lint.finding import Edit, Finding, Fix, Safety, Severity
from imgopt.lint.fixes.edits import is_chain, is_strict, source, unsafe
from imgopt.lint.rule import Rule


class ConsecutiveRuns(Rule):
    id = "IMG308"
    name = "consecutive-runs"
    severity = Severity.INFO
    summary = "Consecutive RUNs form one step: the last only cleans up"
    recommended = False
    fixable = Safety.UNSAFE

    def check_stage(self, stage: StageFacts, facts: FileFacts) -> Iterator[Finding]:
        if not facts.in_final(stage):
            return
        steps, managers = list(stage.steps), facts.managers
        for index, step in enumerate(steps):
            if step.instruction.keyword != "RUN" or not _only_cleans(step, managers):
                continue
            before = steps[index - 1] if index else None
            if before is None or not _leaves(before, step, stage, facts):
                continue
            message = (
                f"this RUN only cleans up after line {before.instruction.line}, whose layer keeps "
                f"what it deletes. Merge them into one RUN."
            )
            mend = _fix(before, step, facts)
            yield self.finding(facts, step.instruction.span, message, stage.label, mend)


def _only_cleans(step: Step, managers: Managers) -> bool:
    return bool(step.commands) and all(
        command.name == "rm" or managers.cleans(command.name, command.args)
        for command in step.commands
    )


def _leaves(before: Step, step: Step, stage: StageFacts, facts: FileFacts) -> bool:
    """Whether a RUN is known to leave in its layer something that the next one takes away."""
    if before.instruction.keyword != "RUN" or _only_cleans(before, facts.managers):
        return False
    paths = written_files(before)
    if updates(before) and not any(below(LISTS, m.target) for m in before.caching_mounts()):
        paths.append(LISTS)
    if any(removals(step, path) for path in paths):
        return True
    return any(_empties(step, install, before, stage, facts) for install in before.installs)


def _empties(
    step: Step, install: Install, before: Step, stage: StageFacts, facts: FileFacts
) -> bool:
    """Whether a RUN takes away what an install of another one has kept, or has installed."""
    manager = install.manager
    for command in step.commands:
        words = set(command.args)
        removes = manager.is_program(command.name) and not words.isdisjoint(manager.removes)
        if removes and not words.isdisjoint(install.packages):
            return True
    if is_told_not_to_cache(install, before) or is_covered(install, before):
        return False
    directories = cache_directories(install, before)
    if hook_acts(manager, directories, stage, before, facts):
        return False
    return any(emptied_by(manager, directory, step) for directory in directories if directory)


def _fix(before: Step, step: Step, facts: FileFacts) -> Fix | None:
    file = facts.file
    if not (is_chain(file, step) and is_chain(file, before) and is_strict(file, before)):
        return None
    if step.instruction.flags or before.instruction.flags or not is_strict(file, step):
        return None
    between = file.lines[before.instruction.end_line : step.instruction.line - 1]
    if any(line.strip() for line in between):
        return None
    body = source(file, Span(step.commands[0].span.start, step.instruction.span.end))
    start, end = before.instruction.span.end, step.instruction.span.end
    glue = f" {file.escape}\n    && " + re.sub(r"\r\n", "\n", body)
    return unsafe("merge them into one RUN", Edit(Span(start, end), glue))

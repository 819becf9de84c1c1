"""IMG301: the package lists of apt stay in a layer of the image."""

from __future__ import annotations

from collections.abc import Iterator

from imgopt.facts.apt import (
    LISTS,
    are_inherited,
    are_on_a_mount,
    are_removed_behind,
    is_apt,
    last_unread,
    updates,
    users_of_lists,
)
from imgopt.facts.file import FileFacts
from imgopt.facts.steps import StageFacts
from imgopt.lint.finding import Finding, Safety, Severity
from imgopt.lint.fixes.edits import append_command, safe
from imgopt.lint.rule import Rule


class AptListsKept(Rule):
    id = "IMG301"
    name = "apt-lists-kept"
    severity = Severity.WARNING
    fixable = Safety.SAFE
    summary = "apt's package lists stay in the image"

    def check_stage(self, stage: StageFacts, facts: FileFacts) -> Iterator[Finding]:
        if not facts.in_final(stage):
            return
        for step in stage.runs():
            found = updates(step)
            if not found or are_on_a_mount(step) or are_removed_behind(found[-1], step):
                continue
            if users := users_of_lists(step, stage):
                # Deleted here, they would be missing there; IMG108 has them fetched there.
                install = next(i for i in users[-1].installs if is_apt(i.command))
                message = (
                    f"apt's package lists of line {step.instruction.line} stay in the image. Fetch "
                    f"them in this RUN, and end it with `rm -rf {LISTS}/*`."
                )
                yield self.finding(facts, install.command.span, message, stage.label)
                continue
            if are_inherited(stage, facts):
                continue
            message = (
                f"apt's package lists stay in this layer. End the RUN with "
                f"`rm -rf {LISTS}/*`, or put a cache mount on {LISTS}."
            )
            mend = None
            if step.index > last_unread(stage, facts):
                edit = append_command(facts.file, step, f"rm -rf {LISTS}/*")
                mend = safe("delete the lists at the RUN's end", edit)
            yield self.finding(facts, found[-1].span, message, stage.label, mend)

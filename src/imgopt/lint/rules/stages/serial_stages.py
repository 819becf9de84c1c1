"""IMG211: a stage is FROM another one of which it uses nothing: they could build side by side."""

from __future__ import annotations

from collections.abc import Iterator

from imgopt.dockerfile.keywords import CONFIGURATION
from imgopt.facts.commands import sees_only
from imgopt.facts.copies import below
from imgopt.facts.file import FileFacts
from imgopt.facts.installs import PACKAGES
from imgopt.facts.managers import Managers
from imgopt.facts.scripts import runner
from imgopt.facts.steps import StageFacts, Step
from imgopt.lint.finding import Finding, Severity
from imgopt.lint.rule import Rule

# Instructions whose effect is known to stay in the folders that they name.
_KNOWN = CONFIGURATION - {"VOLUME"} | {"USER", "ARG", "COPY", "ADD", "RUN", "WORKDIR"}


class SerialStages(Rule):
    id = "IMG211"
    name = "serial-stages"
    severity = Severity.INFO
    summary = "A stage is FROM another stage but uses nothing from it"

    def check_stage(self, stage: StageFacts, facts: FileFacts) -> Iterator[Finding]:
        parent_index = stage.stage.base.stage
        if parent_index is None or stage.stage.index not in facts.needed:
            return
        parent = facts.stages[parent_index]
        made = _made(parent, facts.managers)
        if not made or not _uses_nothing(stage, made, facts.managers):
            return
        message = (
            f"nothing in this stage uses what {parent.label} adds ({', '.join(made[:3])}), but "
            f"BuildKit builds that one first, and its files end up here. Build FROM "
            f"{parent.stage.base.text or 'its base'} instead."
        )
        yield self.finding(facts, stage.stage.from_.span, message, stage.label)


def _made(parent: StageFacts, managers: Managers) -> list[str]:
    """The folders that all of the parent's work stays in; none where that is not known."""
    folders: dict[str, None] = {}
    worked = False
    for step in parent.steps:
        keyword = step.instruction.keyword
        if keyword not in _KNOWN:
            return []
        if step.copy is not None:
            if step.copy.target is None:
                return []
            folders[step.copy.target.rstrip("/") or "/"] = None
        elif keyword == "WORKDIR":
            continue
        elif keyword == "RUN":
            if not _stays_inside(step, managers):
                return []
            folders[step.workdir or "/"] = None
            worked = True
    return [] if not worked or "/" in folders else list(folders)


def _stays_inside(step: Step, managers: Managers) -> bool:
    """Whether a RUN only installs or builds a project in its folder."""
    known = {id(i.command) for i in step.installs if i.manager.scripts and i.kind != PACKAGES}
    return bool(step.commands) and all(
        id(c) in known or (runner(c, managers) and "build" in c.args) for c in step.commands
    )


def _uses_nothing(stage: StageFacts, made: list[str], managers: Managers) -> bool:
    seen_run = False
    for step in stage.steps:
        text = step.instruction.text
        if any(folder in text for folder in made):
            return False
        keyword = step.instruction.keyword
        if keyword == "RUN":
            seen_run = True
            if not sees_only(step, tuple(made), managers):
                return False
        if keyword in ("CMD", "ENTRYPOINT") and step.workdir and any(
            below(step.workdir, f) for f in made
        ):  # fmt: skip
            return False
        if step.copy and (step.copy.target is None or any(
            below(step.copy.target, f) or below(f, step.copy.target) for f in made
        )):  # fmt: skip
            return False
    return seen_run

"""IMG602: a final stage runs as root."""

from __future__ import annotations

from collections.abc import Iterator

from imgopt.facts.file import FileFacts
from imgopt.facts.programs import (
    ENTRYPOINT_USER_SWITCHES,
    ROOT_SERVERS,
    USER_SWITCHES,
    named_in,
)
from imgopt.facts.purpose import is_development_name
from imgopt.facts.steps import StageFacts, Step
from imgopt.lint.finding import Finding, Severity
from imgopt.lint.rule import Rule


class RootUser(Rule):
    id = "IMG602"
    name = "root-user"
    severity = Severity.WARNING
    summary = "The image runs as root"

    def check_stage(self, stage: StageFacts, facts: FileFacts) -> Iterator[Finding]:
        if stage not in facts.target_stages or facts.is_for_development:
            return
        if is_development_name(stage.stage.name):
            return
        steps = [step for link in facts.chain(stage) for step in link.steps]
        if not _runs_as_root(stage, steps, facts) or _gives_root_up(steps):
            return
        named = [s for s in steps if s.instruction.keyword == "USER"]
        span = named[-1].instruction.span if named else stage.stage.from_.span
        message = "the image runs as root. Make a user and end with USER."
        yield self.finding(facts, span, message, stage.label)


def _runs_as_root(stage: StageFacts, steps: list[Step], facts: FileFacts) -> bool:
    """Whether what starts the image is root's, though it need not be."""
    if stage.end.user is not None:
        return stage.end.is_root
    base = facts.base_of(stage)
    if base.is_scratch:  # of an image that starts nothing, only the files are used
        return bool(_starts(steps))
    return base.runs_as_root and not base.wants_root


def _gives_root_up(steps: list[Step]) -> bool:
    """Whether the start switches users, or something installs what does."""
    if any(named_in(s.instruction.text, ENTRYPOINT_USER_SWITCHES) for s in steps):
        return True
    starts = _starts(steps)
    return any(named_in(s.instruction.text, USER_SWITCHES) or _is_server(s) for s in starts)


def _starts(steps: list[Step]) -> list[Step]:
    return [s for s in steps if s.instruction.keyword in ("CMD", "ENTRYPOINT")]


def _is_server(step: Step) -> bool:
    commands = step.commands
    return bool(commands and ROOT_SERVERS.fullmatch(commands[0].name))

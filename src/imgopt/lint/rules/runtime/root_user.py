"""IMG602: a final stage runs as root."""

from __future__ import annotations

from collections.abc import Iterator

from imgopt.facts.bases import Base
from imgopt.facts.callers import start_scripts
from imgopt.facts.file import FileFacts
from imgopt.facts.packages import HOST_TOOLS, package_name
from imgopt.facts.programs import (
    ENTRYPOINT_USER_SWITCHES,
    ROOT_SERVERS,
    USER_SWITCHES,
    named_in,
)
from imgopt.facts.starts import starts_nothing
from imgopt.facts.steps import StageFacts, Step
from imgopt.lint.finding import Finding, Severity
from imgopt.lint.rule import Rule

_NONROOT = "65532:65532"  # what distroless images call nonroot


class RootUser(Rule):
    id = "IMG602"
    name = "root-user"
    severity = Severity.WARNING
    summary = "The image runs as root"

    def check_stage(self, stage: StageFacts, facts: FileFacts) -> Iterator[Finding]:
        if stage not in facts.target_stages or facts.develops(stage):
            return
        steps = [step for link in facts.chain(stage) for step in link.steps]
        exposes = any(step.instruction.keyword == "EXPOSE" for step in steps)
        if starts_nothing(stage, facts) or (not exposes and _works_on_the_host(steps)):
            return
        if not _runs_as_root(stage, steps, facts) or _gives_root_up(steps, facts):
            return
        named = [s for s in steps if s.instruction.keyword == "USER"]
        span = named[-1].instruction.span if named else stage.stage.from_.span
        message = f"the image runs as root. {_advice(facts.base_of(stage))}"
        yield self.finding(facts, span, message, stage.label)


def _advice(base: Base) -> str:
    """How to switch; without a shell and its tools, a user is a number."""
    if base.may_have_tools:
        return "Create a user and switch to it with USER."
    return f"Add `USER {_NONROOT}`: a number needs no user in the image."


def _runs_as_root(stage: StageFacts, steps: list[Step], facts: FileFacts) -> bool:
    """Whether what starts the image is root's, though it need not be."""
    if stage.end.user is not None:
        return stage.end.is_root
    base = facts.base_of(stage)
    if base.is_scratch:  # of an image that starts nothing, only the files are used
        return bool(_starts(steps))
    return base.runs_as_root and not base.wants_root


def _works_on_the_host(steps: list[Step]) -> bool:
    packages = (p for step in steps for i in step.installs for p in i.packages)
    return any(package_name(package) in HOST_TOOLS for package in packages)


def _gives_root_up(steps: list[Step], facts: FileFacts) -> bool:
    """Whether the start switches users, by itself or by its script, or something installs what
    does."""
    if any(named_in(s.instruction.text, ENTRYPOINT_USER_SWITCHES) for s in steps):
        return True
    starts = _starts(steps)
    if any(named_in(s.instruction.text, USER_SWITCHES) or _is_server(s) for s in starts):
        return True
    return any(named_in(text, USER_SWITCHES) for text in start_scripts(starts, facts))


def _starts(steps: list[Step]) -> list[Step]:
    return [s for s in steps if s.instruction.keyword in ("CMD", "ENTRYPOINT")]


def _is_server(step: Step) -> bool:
    commands = step.commands
    return bool(commands and ROOT_SERVERS.fullmatch(commands[0].name))

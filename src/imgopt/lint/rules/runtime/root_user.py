"""IMG602: a final stage runs as root."""

from __future__ import annotations

import re
from collections.abc import Iterator

from imgopt.facts.bases import Base
from imgopt.facts.file import FileFacts
from imgopt.facts.programs import (
    ENTRYPOINT_USER_SWITCHES,
    ROOT_SERVERS,
    USER_SWITCHES,
    named_in,
)
from imgopt.facts.purpose import is_development_stage
from imgopt.facts.steps import StageFacts, Step
from imgopt.lint.finding import Finding
from imgopt.lint.rule import Rule

_ROOT = re.compile(r"(root|0)(:.*)?")


class RootUser(Rule):
    id = "IMG602"
    name = "root-user"
    category = "runtime"
    severity = "warning"
    summary = "The image runs as root"

    def check_stage(self, stage: StageFacts, facts: FileFacts) -> Iterator[Finding]:
        if stage not in facts.target_stages or facts.is_for_development:
            return
        if is_development_stage(stage.stage.name):
            return
        user = stage.end.user
        links = list(facts.chain(stage))
        steps = [step for link in links for step in link.steps]
        if user is not None and not _ROOT.fullmatch(user):
            return
        starts = [s for s in steps if s.instruction.keyword in ("CMD", "ENTRYPOINT")]
        if user is None and not _is_roots(facts.base_of(stage), starts):
            return
        if any(named_in(s.instruction.text, USER_SWITCHES) or _is_server(s) for s in starts):
            return
        if any(named_in(s.instruction.text, ENTRYPOINT_USER_SWITCHES) for s in steps):
            return
        named = [s for s in steps if s.instruction.keyword == "USER"]
        span = named[-1].instruction.span if named else stage.stage.from_.span
        message = "the image runs as root. Make a user and end with USER."
        yield self.finding(facts, span, message, stage.label)


def _is_roots(base: Base, starts: list[Step]) -> bool:
    """Whether an image on a base runs as root though it need not; from scratch, only what starts
    something is run."""
    return bool(starts) if base.is_scratch else base.runs_as_root and not base.wants_root


def _is_server(step: Step) -> bool:
    commands = step.commands
    return bool(commands and ROOT_SERVERS.fullmatch(commands[0].name))

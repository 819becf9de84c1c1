"""IMG505: a pipe under a shell that does not notice when its left side fails."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from imgopt.dockerfile.shell import Command
from imgopt.facts.bases import Base
from imgopt.facts.bases.systems import BASH
from imgopt.facts.file import FileFacts
from imgopt.facts.programs import can_fail, checks_input, stops_reading
from imgopt.facts.steps import StageFacts, Step
from imgopt.lint.finding import Finding, Severity
from imgopt.lint.rule import Rule


class PipeWithoutPipefail(Rule):
    id = "IMG505"
    name = "pipe-without-pipefail"
    severity = Severity.WARNING
    summary = "A pipe hides a failure of its left side"

    def check_stage(self, stage: StageFacts, facts: FileFacts) -> Iterator[Finding]:
        for step in stage.runs():
            if any("pipefail" in word for word in step.shell) or _sets_pipefail(step):
                continue
            installs = {id(i.command) for i in step.installs if not i.manager.system}
            for pipe in _pipes(step.commands):
                *before, last = pipe
                left = next(
                    (
                        c
                        for c in before
                        if (id(c) in installs or can_fail(c, facts.managers)) and not c.conditional
                    ),
                    None,
                )
                if left is None or checks_input(last.name, last.args):
                    continue
                message = (
                    f"when {left.name} fails here, the RUN goes on with what came, and BuildKit "
                    f"may cache the result. {_advice(pipe, facts.base_of(stage))}"
                )
                yield self.finding(facts, left.span, message, stage.label)
                break


def _pipes(commands: tuple[Command, ...]) -> Iterator[list[Command]]:
    """The commands that pipes bind together, in order."""
    pipe: list[Command] = []
    for command in commands:
        if command.operator not in ("|", "|&"):
            yield from [pipe] if len(pipe) > 1 else []
            pipe = []
        pipe.append(command)
    yield from [pipe] if len(pipe) > 1 else []


def _advice(pipe: list[Command], base: Base) -> str:
    """What helps: the SHELL of the base, but where the right side may stop reading, which would
    make the left one fail."""
    if any(stops_reading(command.name, command.args) for command in pipe[1:]):
        return "Write to a file first."
    return f"Put {_shell(base)} before it, or write to a file first."


def _sets_pipefail(step: Step) -> bool:
    text = step.instruction.text + "".join(h.content for h in step.instruction.heredocs)
    return bool(re.search(r"\bpipefail\b", text))


def _shell(base: Base) -> str:
    """The SHELL that helps on a base; bash where its system is not known."""
    return f"SHELL {json.dumps(list(base.system.pipefail or BASH))}"

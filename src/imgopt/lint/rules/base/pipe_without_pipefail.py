"""IMG505: a pipe under a shell that does not notice when its left side fails."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import pairwise

from imgopt.facts.bases import Base
from imgopt.facts.bases.systems import BASH
from imgopt.facts.file import FileFacts
from imgopt.facts.programs import CAN_FAIL, CHECKS_INPUT
from imgopt.facts.steps import StageFacts, Step
from imgopt.lint.finding import Finding, Severity
from imgopt.lint.rule import Rule


class PipeWithoutPipefail(Rule):
    id = "IMG505"
    name = "pipe-without-pipefail"
    severity = Severity.WARNING
    summary = "A pipe hides that its left side has failed"

    def check_stage(self, stage: StageFacts, facts: FileFacts) -> Iterator[Finding]:
        for step in stage.runs():
            if any("pipefail" in word for word in step.shell) or _sets_pipefail(step):
                continue
            commands = step.commands
            for left, right in pairwise(commands):
                if right.operator not in ("|", "|&") or left.conditional:
                    continue
                if left.name in CAN_FAIL and right.name not in CHECKS_INPUT:
                    shell = _shell(facts.base_of(stage))
                    message = (
                        f"when {left.name} fails here, the RUN goes on with what came, and "
                        f"BuildKit caches that. Put {shell} before it, or download to a file "
                        f"first."
                    )
                    yield self.finding(facts, left.span, message, stage.label)
                    break


def _sets_pipefail(step: Step) -> bool:
    text = step.instruction.text + "".join(h.content for h in step.instruction.heredocs)
    return bool(re.search(r"\bpipefail\b", text))


def _shell(base: Base) -> str:
    """The SHELL that helps on a base; bash where its system is not known."""
    return f"SHELL {json.dumps(list(base.system.pipefail or BASH))}"

"""IMG606: a relative WORKDIR whose start nobody sees."""

from __future__ import annotations

from collections.abc import Iterator

from imgopt.facts.file import FileFacts
from imgopt.facts.steps import StageFacts
from imgopt.lint.finding import Finding, Severity
from imgopt.lint.rule import Rule


class RelativeWorkdir(Rule):
    id = "IMG606"
    name = "relative-workdir"
    severity = Severity.INFO
    summary = "A relative WORKDIR depends on the base image's"

    def check_stage(self, stage: StageFacts, facts: FileFacts) -> Iterator[Finding]:
        links = list(facts.chain(stage))
        if any(s.instruction.keyword == "WORKDIR" for link in links[:-1] for s in link.steps):
            return
        for step in stage.steps:
            if step.instruction.keyword != "WORKDIR":
                continue
            folder = step.instruction.body.strip("\"' ")
            if folder and not folder.startswith(("/", "$", "\\")) and ":" not in folder[:2]:
                message = f"WORKDIR {folder} starts wherever the base image is; write /{folder}."
                yield self.finding(facts, step.instruction.span, message, stage.label)
            return

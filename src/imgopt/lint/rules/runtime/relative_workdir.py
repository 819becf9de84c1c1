"""IMG606: a relative WORKDIR whose start only the base image tells."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from imgopt.facts.bases import Base
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
                message = _message(folder, facts.base_of(stage))
                yield self.finding(facts, step.instruction.span, message, stage.label)
            return


def _message(folder: str, base: Base) -> str:
    if base.workdir is None:
        return (
            f"WORKDIR {folder} is below the base image's WORKDIR, which this file does not tell. "
            f"Write an absolute path."
        )
    path = posixpath.normpath(posixpath.join(base.workdir, folder))
    return (
        f"WORKDIR {folder} is {path} because the WORKDIR of {base.repository} is {base.workdir}. "
        f"Write WORKDIR {path}."
    )

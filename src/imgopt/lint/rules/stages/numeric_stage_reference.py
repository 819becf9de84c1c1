"""IMG207: a stage is named by its number."""

from __future__ import annotations

from collections.abc import Iterator

from imgopt.lint.facts import FileFacts, StageFacts
from imgopt.lint.finding import Finding
from imgopt.lint.rule import Rule


class NumericStageReference(Rule):
    id = "IMG207"
    name = "numeric-stage-reference"
    category = "stages"
    severity = "info"
    summary = "--from names a stage by its number"

    def check_stage(self, stage: StageFacts, facts: FileFacts) -> Iterator[Finding]:
        for reference in stage.stage.references:
            flag, text = reference.flag, reference.text
            if flag is None or reference.stage is None or not text or not text.isdecimal():
                continue
            named = facts.graph.stages[reference.stage].name
            what = f"write --from={named}" if named else "give that stage a name with AS"
            message = f"--from={text} means another stage once one is added before it; {what}."
            yield self.finding(facts, flag.span, message, stage.label)

"""IMG207: a stage is named by its number."""

from __future__ import annotations

from collections.abc import Iterator

from imgopt.dockerfile.stages import Reference
from imgopt.facts.file import FileFacts
from imgopt.facts.steps import StageFacts
from imgopt.lint.finding import Finding, Fix, Safety, Severity
from imgopt.lint.fixes.edits import insert, replace, safe
from imgopt.lint.rule import Rule


class NumericStageReference(Rule):
    id = "IMG207"
    name = "numeric-stage-reference"
    severity = Severity.INFO
    fixable = Safety.SAFE
    summary = "--from refers to a stage by its number"

    def check_stage(self, stage: StageFacts, facts: FileFacts) -> Iterator[Finding]:
        for reference in stage.stage.references:
            flag, text = reference.flag, reference.text
            if flag is None or reference.stage is None or not text or not text.isdecimal():
                continue
            named = facts.graph.stages[reference.stage].name
            what = f"write --from={named}" if named else "give that stage a name with AS"
            message = f"--from={text} means another stage once one is added before it; {what}."
            yield self.finding(facts, flag.span, message, stage.label, _fix(reference, facts))


def _fix(reference: Reference, facts: FileFacts) -> Fix | None:
    """Name the stage where it has no name, and use the name in this reference."""
    flag, index = reference.flag, reference.stage
    if flag is None or index is None or flag.value != reference.text:
        return None
    target = facts.graph.stages[index]
    if not target.from_.exact or not reference.instruction.exact:
        return None
    name, edits = target.name, []
    if not name:
        taken = facts.once(("names", 0), lambda: {s.name for s in facts.graph.stages})
        name = next(n for n in ("build", f"stage{index}", f"imgopt-stage{index}") if n not in taken)
        edits.append(insert(target.from_.words[0].span.end, f" AS {name}"))
    return safe("name the stage", replace(flag.span, f"--from={name}"), tuple(edits))

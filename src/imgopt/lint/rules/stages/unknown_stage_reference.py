"""IMG208: --from names no stage, though a stage of nearly that name exists."""

from __future__ import annotations

from collections.abc import Iterator

from imgopt.facts.file import FileFacts
from imgopt.facts.steps import StageFacts
from imgopt.lint.finding import Finding, Severity
from imgopt.lint.rule import Rule

_MANY = 100


def _names(facts: FileFacts) -> list[str]:
    return list(dict.fromkeys(s.name for s in facts.graph.stages if s.name))[:_MANY]


def _near(text: str, names: list[str], known: dict[str, list[str]]) -> list[str]:
    if text not in known:
        import difflib  # for misspellings alone

        known[text] = difflib.get_close_matches(text, names, n=1, cutoff=0.75)
    return known[text]


class UnknownStageReference(Rule):
    id = "IMG208"
    name = "unknown-stage-reference"
    severity = Severity.ERROR
    summary = "--from refers to a misspelled or later stage"

    def check_stage(self, stage: StageFacts, facts: FileFacts) -> Iterator[Finding]:
        names = facts.once(("stage names", 0), lambda: _names(facts))
        near_by: dict[str, list[str]] = {}
        base = stage.stage.base
        if base.stage is None and facts.names_stage(base.text):
            message = (
                f"FROM {base.text}: the stage of that name comes later, so BuildKit would pull an "
                f"image of that name. Put the stage before this one."
            )
            yield self.finding(facts, base.instruction.words[0].span, message, stage.label)
        for reference in stage.stage.references:
            text = reference.text
            if reference.stage is not None or not text or any(c in text for c in "/:@."):
                continue
            flag = reference.flag
            if flag is None or text.lower() in facts.named_contexts:
                continue
            if text.lower() == stage.stage.name:
                message = f"--from={text} is its own stage; name an earlier one."
            elif text.lower() in names:
                message = (
                    f"--from={text} is a later stage; BuildKit would pull an image of that name."
                )
            elif text.isdecimal():
                message = f"--from={text}: there is no earlier stage with that number."
            elif near := _near(text.lower(), names, near_by):
                message = (
                    f"--from={text} names no stage, so BuildKit would pull an image of that name. "
                    f"Did you mean {near[0]}?"
                )
            else:
                continue
            yield self.finding(facts, flag.span, message, stage.label)

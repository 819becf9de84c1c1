"""IMG607: `cd` where WORKDIR is meant."""

from __future__ import annotations

from collections.abc import Iterator

from imgopt.dockerfile.model import Position, Span
from imgopt.facts.file import FileFacts
from imgopt.facts.steps import StageFacts, Step
from imgopt.lint.finding import Edit, Finding, Fix, Safety, Severity
from imgopt.lint.fixes.edits import block_span, gap, insert, safe, unsafe
from imgopt.lint.rule import Rule


class CdInsteadOfWorkdir(Rule):
    id = "IMG607"
    name = "cd-instead-of-workdir"
    severity = Severity.INFO
    summary = "A RUN uses cd where WORKDIR is meant"
    fixable = Safety.SAFE

    def check_stage(self, stage: StageFacts, facts: FileFacts) -> Iterator[Finding]:
        steps = list(stage.steps)
        done: set[int] = set()
        for index, step in enumerate(steps):
            folder = _start_folder(step)
            if folder is None or index in done:
                continue
            if len(step.commands) == 1:
                message = (
                    f"`cd {folder}` alone does nothing: the next instruction starts in WORKDIR "
                    f"again. Write WORKDIR {folder}."
                )
                mend = None
                if step.instruction.exact and " " not in folder:
                    edit = Edit(step.instruction.span, f"WORKDIR {folder}")
                    mend = unsafe("write WORKDIR", edit)
                yield self.finding(facts, step.instruction.span, message, stage.label, mend)
                continue
            run = [index]
            while run[-1] + 1 < len(steps) and _start_folder(steps[run[-1] + 1]) == folder:
                if len(steps[run[-1] + 1].commands) == 1:
                    break
                run.append(run[-1] + 1)
            if len(run) > 1 and folder.startswith("/"):
                done.update(run)
                lines = ", ".join(str(steps[i].instruction.line) for i in run)
                message = (
                    f"lines {lines} each begin with `cd {folder}`. Write WORKDIR {folder} once "
                    f"before them."
                )
                mend = _fix([steps[i] for i in run], folder, facts)
                yield self.finding(facts, step.commands[0].span, message, stage.label, mend)


def _start_folder(step: Step) -> str | None:
    """The folder of a RUN's leading `cd FOLDER`, None where it has none."""
    if step.instruction.keyword != "RUN" or not step.commands or step.instruction.heredocs:
        return None
    first = step.commands[0]
    if first.name != "cd" or len(first.args) != 1 or first.argv[1].dynamic:
        return None
    if not first.exact or first.args[0].startswith(("-", "~")):
        return None
    if any(c.operator == "||" for c in step.commands[1:2]):
        return None
    return first.args[0]


def _fix(steps: list[Step], folder: str, facts: FileFacts) -> Fix | None:
    """WORKDIR before them, the old one behind them."""
    back = steps[0].workdir
    if back is None or any(c in folder for c in " \"'"):
        return None
    edits = []
    for step in steps:
        first, second = step.commands[:2]
        if gap(facts.file, first, second) != "&&":
            return None
        edits.append(Edit(Span(first.span.start, second.span.start), ""))
    start = block_span(facts.file, steps[0].instruction).start
    end = Position(steps[-1].instruction.end_line + 1, 1)
    edits.append(insert(start, f"WORKDIR {folder}\n"))
    if back != folder:
        edits.append(insert(end, f"WORKDIR {back}\n"))
    return safe("write WORKDIR", tuple(edits))

"""IMG111: a broad COPY takes files that change often and that nothing later uses."""

from __future__ import annotations

from collections.abc import Iterator

from imgopt.facts.file import FileFacts
from imgopt.facts.idle_files import copy_of_everything, idle_files
from imgopt.lint.finding import Finding, Safety, Severity
from imgopt.lint.fixes.ignore_lines import ignore_fix
from imgopt.lint.rule import Rule


class CopyTakesTooMuch(Rule):
    id = "IMG111"
    name = "copy-takes-too-much"
    severity = Severity.INFO
    summary = "A broad COPY takes files that change often and that nothing later uses"
    fixable = Safety.UNSAFE

    def check_file(self, facts: FileFacts) -> Iterator[Finding]:
        context = facts.context
        if context is None or context.ignore_file is None or facts.is_for_development:
            return
        found = copy_of_everything(facts)
        idle = idle_files(context, facts) if found else []
        if found is None or not idle:
            return
        stage, step, source = found
        size = sum(context.size_of(name) for name in idle)
        message = (
            f"{step.instruction.keyword} {source} also takes {_listed(idle)} "
            f"({size / 1e6:.1f} MB), which no later line uses: each change of one of them runs "
            f"all that follows again. List them in {context.ignore_file.name}."
        )
        mend = ignore_fix(context, idle)
        yield self.finding(facts, step.instruction.span, message, stage.label, mend)


def _listed(names: list[str]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")

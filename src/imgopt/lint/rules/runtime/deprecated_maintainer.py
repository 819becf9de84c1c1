"""IMG608: MAINTAINER is deprecated."""

from __future__ import annotations

from collections.abc import Iterator

from imgopt.dockerfile.model import Instruction
from imgopt.facts.file import FileFacts
from imgopt.lint.finding import Finding, Fix, Safety, Severity
from imgopt.lint.fixes.edits import replace, safe
from imgopt.lint.rule import Rule


class DeprecatedMaintainer(Rule):
    id = "IMG608"
    name = "deprecated-maintainer"
    severity = Severity.INFO
    fixable = Safety.SAFE
    summary = "MAINTAINER is deprecated"

    def check_file(self, facts: FileFacts) -> Iterator[Finding]:
        for instruction in facts.file.instructions:
            if instruction.keyword == "MAINTAINER":
                message = "MAINTAINER is deprecated; use LABEL org.opencontainers.image.authors=…"
                yield self.finding(facts, instruction.span, message, fix=_fix(instruction))


def _fix(instruction: Instruction) -> Fix | None:
    name = instruction.body.strip().strip("\"'")
    if not instruction.exact or not name or any(c in name for c in '"$\\\n'):
        return None
    text = f'LABEL org.opencontainers.image.authors="{name}"'
    return safe("write a LABEL", replace(instruction.span, text))

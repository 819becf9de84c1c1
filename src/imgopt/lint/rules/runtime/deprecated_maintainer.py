"""IMG608: MAINTAINER is deprecated."""

from __future__ import annotations

from collections.abc import Iterator

from imgopt.lint.facts import FileFacts
from imgopt.lint.finding import Finding
from imgopt.lint.rule import Rule


class DeprecatedMaintainer(Rule):
    id = "IMG608"
    name = "deprecated-maintainer"
    category = "runtime"
    severity = "info"
    summary = "MAINTAINER is deprecated"

    def check_file(self, facts: FileFacts) -> Iterator[Finding]:
        for instruction in facts.file.instructions:
            if instruction.keyword == "MAINTAINER":
                message = "MAINTAINER is deprecated; use LABEL org.opencontainers.image.authors=…"
                yield self.finding(facts, instruction.span, message)

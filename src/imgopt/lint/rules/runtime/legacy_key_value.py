"""IMG609: ENV or LABEL with a space instead of an equals sign."""

from __future__ import annotations

from collections.abc import Iterator

from imgopt.lint.facts import FileFacts
from imgopt.lint.finding import Finding
from imgopt.lint.rule import Rule


class LegacyKeyValue(Rule):
    id = "IMG609"
    name = "legacy-key-value"
    category = "runtime"
    severity = "info"
    summary = "ENV or LABEL with a space instead of an equals sign"

    def check_file(self, facts: FileFacts) -> Iterator[Finding]:
        for instruction in facts.file.instructions:
            words = instruction.words
            if instruction.keyword in ("ENV", "LABEL") and words and "=" not in words[0].text:
                name = words[0].value
                message = (
                    f"the old form takes the whole rest of the line as the value of {name}; "
                    f"write {instruction.keyword} {name}=…"
                )
                yield self.finding(facts, instruction.span, message)

"""IMG609: ENV or LABEL with a space instead of an equals sign."""

from __future__ import annotations

from collections.abc import Iterator

from imgopt.dockerfile.model import Instruction
from imgopt.facts.file import FileFacts
from imgopt.lint.finding import Finding, Fix, Safety, Severity
from imgopt.lint.fixes.edits import replace, safe
from imgopt.lint.rule import Rule


class LegacyKeyValue(Rule):
    id = "IMG609"
    name = "legacy-key-value"
    severity = Severity.INFO
    fixable = Safety.SAFE
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
                if name.upper() == instruction.keyword:
                    message = f"{name} stands twice, and is taken for a name: take one away."
                yield self.finding(facts, instruction.span, message, fix=_fix(instruction))


def _fix(instruction: Instruction) -> Fix | None:
    """`NAME=value`, quoted where the value has white space."""
    name = instruction.words[0]
    if name.value.upper() == instruction.keyword:
        return None
    value = instruction.body[len(name.text) :].strip()
    plain = not any(c in value for c in "\"'\\`\n\t")
    quoted = len(value) > 1 and value[0] == value[-1] == '"' and '"' not in value[1:-1]
    if not instruction.exact or not value or not (plain or (quoted and "\\" not in value)):
        return None
    if plain and " " in value:
        value = f'"{value}"'
    text = f"{instruction.keyword} {name.text}={value}"
    return safe("write an equals sign", replace(instruction.span, text))

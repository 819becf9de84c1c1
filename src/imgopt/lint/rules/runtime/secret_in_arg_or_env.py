"""IMG601: a secret in ARG or ENV stays in the image's history or configuration."""

from __future__ import annotations

from collections.abc import Iterator

from imgopt.dockerfile.model import Instruction
from imgopt.dockerfile.stages import assignments
from imgopt.facts.file import FileFacts
from imgopt.facts.placeholders import is_filled_up, is_placeholder, says_its_name
from imgopt.lint.finding import Finding, Severity
from imgopt.lint.rule import Rule
from imgopt.masking import is_secret_name, is_secret_value

_INSTEAD = "Use RUN --mount=type=secret at build time, the environment at run time."


class SecretInArgOrEnv(Rule):
    id = "IMG601"
    name = "secret-in-arg-or-env"
    severity = Severity.ERROR
    summary = "A secret in ARG or ENV stays in the image"

    def check_file(self, facts: FileFacts) -> Iterator[Finding]:
        ends = [stage.from_.line for stage in facts.graph.stages]
        said: set[tuple[int, str]] = set()
        for instruction in facts.file.instructions:
            if instruction.keyword not in ("ARG", "ENV"):
                continue
            # The stage that it stands in; -1 before the first FROM.
            index = sum(line < instruction.line for line in ends) - 1
            for name, written in assignments(instruction):
                value = (written or "").strip("\"'")
                reason = _reason(instruction.keyword, name, value)
                if not reason or (index, name) in said:
                    continue
                said.add((index, name))
                if instruction.keyword == "ARG" and index in facts.final:
                    reason += ", and build arguments stay in the history"
                yield self._found(instruction, f"{name} {reason}", index, value, facts)

    def _found(
        self, instruction: Instruction, what: str, index: int, value: str, facts: FileFacts
    ) -> Finding:
        stage = facts.graph.stages[index].label if index >= 0 else ""
        leaked = " Anyone who can read this file has it: rotate it." * _is_literal(value)
        if index in facts.final:
            who = "everyone who has the image can read it"
            message = f"{instruction.keyword} {what}: {who}. {_INSTEAD}{leaked}"
            return self.finding(facts, instruction.span, message, stage)
        message = (
            f"{instruction.keyword} {what}. No image is made of this stage, but the build cache "
            f"and the provenance keep it. Use RUN --mount=type=secret.{leaked}"
        )
        severity = None if is_secret_value(value) else Severity.WARNING
        return self.finding(facts, instruction.span, message, stage, severity=severity)


def _is_literal(value: str) -> bool:
    return bool(value) and "$" not in value


def _reason(keyword: str, name: str, value: str) -> str | None:
    if is_secret_value(value) and not is_filled_up(value):
        return "holds what looks like a real key"
    if not is_secret_name(name) or value.startswith("/"):
        return None
    if is_placeholder(value) and (keyword == "ENV" or value):
        return None
    if says_its_name(name, value):
        return None
    if keyword == "ENV" and "$" in value:
        return "is set from a build argument"
    return "looks like a secret by its name"

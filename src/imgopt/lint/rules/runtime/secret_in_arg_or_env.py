"""IMG601: a secret in ARG or ENV stays in the image's history or configuration."""

from __future__ import annotations

from collections.abc import Iterator

from imgopt.dockerfile.stages import assignments
from imgopt.facts.file import FileFacts
from imgopt.facts.placeholders import is_placeholder
from imgopt.lint.finding import Finding, Severity
from imgopt.lint.rule import Rule
from imgopt.masking import is_secret_name, is_secret_value


class SecretInArgOrEnv(Rule):
    id = "IMG601"
    name = "secret-in-arg-or-env"
    severity = Severity.ERROR
    summary = "A secret in ARG or ENV stays in the image"

    def check_file(self, facts: FileFacts) -> Iterator[Finding]:
        for instruction in facts.file.instructions:
            if instruction.keyword not in ("ARG", "ENV"):
                continue
            for name, value in assignments(instruction):
                reason = _reason(instruction.keyword, name, (value or "").strip("\"'"))
                if reason:
                    message = (
                        f"{instruction.keyword} {name} {reason}: everyone who has the image can "
                        f"read it. Use RUN --mount=type=secret at build time, the environment at "
                        f"run time."
                    )
                    yield self.finding(facts, instruction.span, message)


def _reason(keyword: str, name: str, value: str) -> str | None:
    if is_secret_value(value):
        return "holds what looks like a real key"
    if not is_secret_name(name):
        return None
    if keyword == "ENV" and (is_placeholder(value) or value.startswith("/")):
        return None
    if keyword == "ENV" and "$" in value:
        return "is set from a build argument"
    if keyword == "ARG":
        return "is a secret by its name, and build arguments stay in the history"
    return "is a secret by its name"

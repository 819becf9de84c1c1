"""IMG603: CMD or ENTRYPOINT in shell form: the shell gets the signals, not the service."""

from __future__ import annotations

from collections.abc import Iterator

from imgopt.dockerfile.model import Span
from imgopt.dockerfile.shell import SHELLS
from imgopt.facts.file import FileFacts
from imgopt.facts.steps import DEFAULT_SHELL, StageFacts
from imgopt.lint.finding import Finding, Safety, Severity
from imgopt.lint.fixes.edits import replace, safe
from imgopt.lint.rule import Rule
from imgopt.regex import lazy

_FEATURES = lazy(r"[$|&;<>()*?`~{}\n]|^\s*(cd|source|\.|set|export|if|for|while|exec|ulimit)\s")


class ShellFormEntrypoint(Rule):
    id = "IMG603"
    name = "shell-form-entrypoint"
    severity = Severity.WARNING
    fixable = Safety.SAFE
    summary = "CMD or ENTRYPOINT in shell form"

    def check_stage(self, stage: StageFacts, facts: FileFacts) -> Iterator[Finding]:
        if stage not in facts.target_stages:
            return
        for step in stage.steps:
            instruction = step.instruction
            if instruction.keyword not in ("CMD", "ENTRYPOINT") or instruction.is_json:
                continue
            if not instruction.words or _FEATURES.search(instruction.body):
                continue
            if step.script is None or not step.script.ok or len(step.commands) != 1:
                continue
            if step.commands[0].name in SHELLS:
                continue
            words = ", ".join(f'"{w.value}"' for w in step.commands[0].argv)
            waits = step.shell == DEFAULT_SHELL and facts.base_of(stage).system.shell_waits
            reason = (
                "in shell form the process is a child of /bin/sh, which does not forward SIGTERM: "
                "`docker stop` waits, then kills it."
                if waits
                else "in shell form the image needs a shell to start, and that shell decides "
                "whether the process gets SIGTERM."
            )
            message = f"{reason} Write {instruction.keyword} [{words}]."
            body = Span(instruction.words[0].span.start, instruction.words[0].span.end)
            mend = None
            if instruction.exact and not any(c in instruction.body for c in "\"\\'"):
                mend = safe("write the exec form", replace(body, f"[{words}]"))
            severity = None if waits else Severity.INFO
            yield self.finding(facts, instruction.span, message, stage.label, mend, severity)

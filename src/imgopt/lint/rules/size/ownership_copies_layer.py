"""IMG305: a recursive chown or chmod writes every file that COPY brought once more."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from imgopt.dockerfile.shell import Command
from imgopt.lint.copies import below
from imgopt.lint.facts import FileFacts, StageFacts, Step
from imgopt.lint.finding import Finding
from imgopt.lint.rule import Rule


class OwnershipCopiesLayer(Rule):
    id = "IMG305"
    name = "ownership-copies-layer"
    category = "size"
    severity = "warning"
    summary = "A recursive chown or chmod stores the copied files a second time"

    def check_stage(self, stage: StageFacts, facts: FileFacts) -> Iterator[Finding]:
        if not facts.in_final(stage):
            return
        for step in stage.runs():
            for command in step.commands:
                copied = self._copied(command, step, stage, facts)
                if copied is not None:
                    flag = "--chown" if command.name == "chown" else "--chmod"
                    message = (
                        f"{command.name} -R writes every file that {copied.instruction.keyword} in "
                        f"line {copied.instruction.line} brought into a second layer. Use "
                        f"{copied.instruction.keyword} {flag} there."
                    )
                    yield self.finding(facts, command.span, message, stage.label)

    @staticmethod
    def _copied(command: Command, step: Step, stage: StageFacts, facts: FileFacts) -> Step | None:
        """The COPY whose files the command rewrites, None when it rewrites none."""
        if command.name not in ("chown", "chmod") or not _is_recursive(command):
            return None
        folder = step.folder(command)
        for word in _targets(command):
            path = step.resolve(word)
            if path is None or (folder is None and not path.startswith("/")):
                continue
            path = posixpath.normpath(posixpath.join(folder or "/", path.rstrip("*") or "."))
            for other in facts.steps_before(stage, step):
                copy = other.copy
                if copy is None or copy.target is None:
                    continue
                if below(copy.target, path) and not _is_unowned_file(other):
                    return other
        return None


def _is_recursive(command: Command) -> bool:
    return any(re.fullmatch(r"-[a-zA-Z]*R[a-zA-Z]*|--recursive", word) for word in command.args)


def _targets(command: Command) -> list[str]:
    words = [w for w in command.args if not w.startswith("-")]
    has_reference = any(w.startswith("--reference") for w in command.args)
    return words if has_reference else words[1:]


def _is_unowned_file(step: Step) -> bool:
    """A single small file (a script, a configuration) is not worth a finding."""
    copy = step.copy
    if copy is None or copy.from_ is not None or len(copy.sources) != 1:
        return False
    source = copy.sources[0] or "."
    name = posixpath.basename(source.rstrip("/"))
    return not source.endswith("/") and "." in name.strip(".") and not any(c in name for c in "*?")

"""IMG305: a recursive chown or chmod writes every file that COPY brought once more."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from imgopt.dockerfile.shell import Command
from imgopt.facts.commands import sees_only
from imgopt.facts.copies import PATH_MAX, below
from imgopt.facts.file import FileFacts
from imgopt.facts.steps import StageFacts, Step
from imgopt.lint.finding import Edit, Finding, Fix
from imgopt.lint.fixes.edits import add_flag, remove_command, safe, unsafe
from imgopt.lint.rule import Rule

_MANY = 200  # a stage of more lines than any has gets no fix here


class OwnershipCopiesLayer(Rule):
    id = "IMG305"
    name = "ownership-copies-layer"
    category = "size"
    severity = "warning"
    fixable = "safe"
    summary = "A recursive chown or chmod stores the copied files a second time"

    def check_stage(self, stage: StageFacts, facts: FileFacts) -> Iterator[Finding]:
        if not facts.in_final(stage):
            return
        copies: dict[str, Step] = {}
        for link in facts.chain(stage):
            for step in link.steps:
                if link is stage and step.instruction.keyword == "RUN":
                    for command in step.commands:
                        yield from self._check(command, step, copies, stage, facts)
                _remember(step, copies)

    def _check(
        self,
        command: Command,
        step: Step,
        copies: dict[str, Step],
        stage: StageFacts,
        facts: FileFacts,
    ) -> Iterator[Finding]:
        """A finding when the command rewrites what a COPY brought: folder → that COPY."""
        if command.name not in ("chown", "chmod") or not _is_recursive(command):
            return
        folder = step.folder(command)
        for word in _targets(command):
            path = step.resolve(word)
            if path is None or (folder is None and not path.startswith("/")):
                continue
            path = posixpath.normpath(posixpath.join(folder or "/", path.rstrip("*") or "."))
            copied = copies.get(path)
            if copied is None:
                continue
            keyword = copied.instruction.keyword
            flag = "--chown" if command.name == "chown" else "--chmod"
            message = (
                f"{command.name} -R writes every file that {keyword} in line "
                f"{copied.instruction.line} brought into a second layer. Use {keyword} {flag} "
                f"there."
            )
            mend = _fix(command, step, stage, facts)
            yield self.finding(facts, command.span, message, stage.label, mend)
            return


def _remember(step: Step, copies: dict[str, Step]) -> None:
    """Note a COPY under its target and every folder above it; the first one stays."""
    copy = step.copy
    if copy is None or copy.target is None or _is_unowned_file(step):
        return
    path = posixpath.normpath(copy.target)
    if len(path) > PATH_MAX:
        return
    while path not in copies:
        copies[path] = step
        path = posixpath.dirname(path)


def _fix(command: Command, step: Step, stage: StageFacts, facts: FileFacts) -> Fix | None:
    """Give the COPYs the flag and drop the command: all that it changes must come from them."""
    words = [w for w in command.args if not w.startswith("-")]
    folder = step.folder(command)
    if (
        step.index > _MANY
        or len(words) != 2
        or folder is None
        or any(w.dynamic for w in command.argv)
    ):
        return None
    value, path = words[0], posixpath.normpath(posixpath.join(folder, words[1]))
    flag = "chown" if command.name == "chown" else "chmod"
    if flag == "chmod" and not re.fullmatch(r"[0-7]{3,4}", value):
        return None
    own = bool(re.search(r"^/(app|code|src|workspace|service|project)(/|$)|^/(opt|srv)/\w", path))
    certain = own and (flag == "chmod" or bool(re.fullmatch(r"\d+:\d+", value)))
    users: set[str] = set()
    edits: list[Edit | None] = []
    for other in facts.steps_before(stage, step):
        instruction = other.instruction
        if other.copy is not None and other.copy.target is not None:
            if not below(other.copy.target, path):
                continue
            if other.index >= step.index or stage.steps[other.index] is not other:
                return None
            name = value.partition(":")[0]
            if flag == "chown" and not name.isdecimal() and name not in users:
                return None
            if instruction.flag(flag) is None:
                edits.append(add_flag(instruction, f"--{flag}={value}"))
        elif instruction.keyword == "RUN":
            users |= {c.args[-1] for c in other.commands if c.args and c.name in _MAKES_USERS}
            certain = certain and sees_only(other, (path,))
        elif instruction.keyword == "WORKDIR":
            certain = False
    if not edits or any(edit is None for edit in edits):
        return None
    cut = remove_command(facts.file, step, command)
    make = safe if certain else unsafe
    return make(f"use COPY --{flag}", cut, *edits)


_MAKES_USERS = frozenset({"useradd", "adduser"})


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

"""IMG305: a recursive chown or chmod writes every file that COPY brought once more."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from itertools import islice

from imgopt.dockerfile.shell import Command
from imgopt.facts.copies import is_small
from imgopt.facts.file import FileFacts
from imgopt.facts.ownership import makes_folder, may_fill, users_made
from imgopt.facts.steps import MOST_FOLDERS, PATH_MAX, StageFacts, Step
from imgopt.lint.finding import Finding, Safety, Severity
from imgopt.lint.fixes.copy_flags import flag_copies
from imgopt.lint.rule import Rule

_SHOWN = 4  # lines that a message names
_NOTED = 20  # COPYs that are known of one folder
_CHANGERS = frozenset({"setcap", "strip", "upx", "sed", "patch"})
_ROOTS = frozenset({"root", "0"})


class OwnershipCopiesLayer(Rule):
    id = "IMG305"
    name = "ownership-copies-layer"
    severity = Severity.WARNING
    fixable = Safety.SAFE
    summary = "A recursive chown or chmod stores the copied files a second time"

    def check_stage(self, stage: StageFacts, facts: FileFacts) -> Iterator[Finding]:
        if not facts.in_final(stage):
            return
        copies: dict[str, list[Step]] = {}
        for link in facts.chain(stage):
            for step in link.steps:
                if link is stage and step.instruction.keyword == "RUN":
                    found = (self._check(c, step, copies, stage, facts) for c in step.commands)
                    yield from islice((f for f in found if f), 1)
                _forget(step, copies)
                _remember(step, copies, facts)

    def _check(
        self,
        command: Command,
        step: Step,
        copies: dict[str, list[Step]],
        stage: StageFacts,
        facts: FileFacts,
    ) -> Finding | None:
        """A finding when the command rewrites what COPYs brought: folder → those COPYs."""
        if command.name not in ("chown", "chmod") or not _is_recursive(command):
            return None
        if any(word.startswith("--from") for word in command.args):
            return None  # which files that are is not known
        folder = step.folder(command)
        for word in _targets(command):
            path = step.resolve(word)
            if path is None or (folder is None and not path.startswith("/")):
                continue
            path = posixpath.normpath(posixpath.join(folder or "/", path.rstrip("*") or "."))
            copied = copies.get(path)
            if not copied or _is_changed_too(path, step):
                continue
            message = (
                f"{command.name} -R stores every file from {_named(copied)} a second time. "
                f"{_advice(command, path, copied, step, stage, facts)}"
            )
            mend = flag_copies(command, step, stage, facts)
            return self.finding(facts, command.span, message, stage.label, mend)
        return None


def _named(copied: list[Step]) -> str:
    """COPYs by their lines."""
    keywords = " and ".join(dict.fromkeys(step.instruction.keyword for step in copied))
    *lines, last = (str(step.instruction.line) for step in copied[-_SHOWN:])
    if not lines:
        return f"{keywords} in line {last}"
    return f"{keywords} in lines {', '.join(lines)} and {last}"


def _advice(
    command: Command,
    path: str,
    copied: list[Step],
    step: Step,
    stage: StageFacts,
    facts: FileFacts,
) -> str:
    """The flag that does the same, and what has to be done for it."""
    keyword = copied[0].instruction.keyword
    before = list(facts.steps_before(stage, step))
    between = before[before.index(copied[0]) + 1 :] if copied[0] in before else []
    words = [w for w in command.args if not w.startswith("-")]
    user = words[0].partition(":")[0] if command.name == "chown" and words else ""
    made_later = user in {u for other in (*between, step) for u in users_made(other)}
    flag = "--chown" if command.name == "chown" else "--chmod"
    if command.name == "chmod" and words and not words[0].isdecimal():
        flag += f"={words[0]} (Dockerfile syntax 1.14)"
    filled = any(may_fill(other, path) for other in between)
    also = f", and run {command.name} in the RUNs that write there" if filled else ""
    if not filled and any(makes_folder(other, path) for other in (*before, step)):
        # COPY leaves a folder as it is.
        also = f", and {command.name} the folder itself without -R"
    first = f"Create {user} before that line, and use" if made_later else "Use"
    owned = any(step.copy and step.copy.owner for step in copied)
    if user in _ROOTS and not owned and not filled:
        return "They already belong to root: remove this."
    return f"{first} {keyword} {flag} there{also}."


def _is_changed_too(path: str, step: Step) -> bool:
    """Whether another command of the RUN changes what lies at the path itself, which stores it a
    second time in any case."""
    return any(
        command.name in _CHANGERS
        and any(path == posixpath.normpath(posixpath.join("/", word)) for word in command.args)
        for command in step.commands
    )


def _forget(step: Step, copies: dict[str, list[Step]]) -> None:
    """Take files off that a RUN deletes or moves: what is there then, RUN made."""
    for command in step.commands if step.instruction.keyword == "RUN" else ():
        if command.name not in ("rm", "mv"):
            continue
        folder = step.folder(command)
        for word in (word for word in command.args if not word.startswith("-")):
            path = step.resolve(word)
            if path is None:
                continue
            gone = posixpath.normpath(posixpath.join(folder or "/", path))
            for known, copied in copies.items():
                copies[known] = [c for c in copied if gone not in _brought(c)]


def _brought(copied: Step) -> set[str]:
    """Where the only source of a COPY may lie."""
    copy = copied.copy
    if copy is None or copy.target is None or len(copy.sources) != 1:
        return set()
    name = posixpath.basename((copy.sources[0] or "").rstrip("/"))
    target = posixpath.normpath(copy.target)
    return {target, posixpath.join(target, name)} if name else {target}


def _remember(step: Step, copies: dict[str, list[Step]], facts: FileFacts) -> None:
    """Note a COPY under its target and every folder above it, up to a number of them."""
    copy = step.copy
    if copy is None or copy.target is None or _is_unowned_file(step, facts):
        return
    path = posixpath.normpath(copy.target)
    if len(path) > PATH_MAX or path.count("/") > MOST_FOLDERS:
        return
    while True:
        known = copies.setdefault(path, [])
        if len(known) < _NOTED:
            known.append(step)
        if not path.strip("/"):  # two slashes are a root, too
            break
        path = posixpath.dirname(path)


def _is_recursive(command: Command) -> bool:
    return any(re.fullmatch(r"-[a-zA-Z]*R[a-zA-Z]*|--recursive", word) for word in command.args)


def _targets(command: Command) -> list[str]:
    words = [w for w in command.args if not w.startswith("-")]
    has_reference = any(w.startswith("--reference") for w in command.args)
    return words if has_reference else words[1:]


def _is_unowned_file(step: Step, facts: FileFacts) -> bool:
    """A single small file (a script, a configuration) is not worth a finding."""
    copy = step.copy
    if copy is None or copy.from_ is not None or len(copy.sources) != 1:
        return False
    source = copy.sources[0] or "."
    name = posixpath.basename(source.rstrip("/"))
    if is_small(copy, facts.context) and facts.context and not facts.context.is_folder(source):
        return not any(c in source for c in "*?")
    is_file = "." in name.strip(".") or name.endswith("file")  # Caddyfile
    return not source.endswith("/") and is_file and not any(c in name for c in "*?")

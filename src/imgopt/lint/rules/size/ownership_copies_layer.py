"""IMG305: a recursive chown or chmod writes every file that COPY brought once more."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from itertools import islice

import msgspec

from imgopt.dockerfile.shell import Command
from imgopt.facts.commands import is_system_command, sees_only
from imgopt.facts.copies import below, is_small
from imgopt.facts.file import FileFacts
from imgopt.facts.steps import PATH_MAX, StageFacts, Step
from imgopt.lint.finding import Finding, Fix, Safety, Severity
from imgopt.lint.fixes.edits import add_flag, remove_command, safe, unsafe
from imgopt.lint.rule import Rule
from imgopt.regex import lazy

_SHOWN = 4  # lines that a message names
_NOTED = 20  # COPYs that are known of one folder
_MANY = 200  # a stage of more lines than any has gets no fix here
_CHANGERS = frozenset({"setcap", "strip", "upx", "sed", "patch"})
_ROOTS = frozenset({"root", "0"})
_MAKES_USERS = frozenset({"useradd", "adduser"})
# Folders that hold what COPY brings, and nothing of the base image.
_OWN = lazy(r"/(app|code|src|workspace|service|project)(/|$)|/(opt|srv)/\w")


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
            mend = _fix(command, step, stage, facts)
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
    made_later = user in {u for other in (*between, step) for u in _users_made(other)}
    flag = "--chown" if command.name == "chown" else "--chmod"
    filled = any(_may_fill(other, path) for other in between)
    also = f", and run {command.name} in the RUNs that write there" if filled else ""
    if not filled and any(_makes_folder(other, path) for other in (*before, step)):
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


def _may_fill(step: Step, path: str) -> bool:
    """Whether a RUN may write in a folder: it works there, or names it."""
    if step.instruction.keyword != "RUN" or sees_only(step, (path,)):
        return False
    if not step.commands:
        return True
    for command in step.commands:
        folder = step.folder(command)
        words = [step.resolve(word) or word for word in (*command.args, *command.redirects)]
        if any(path in word for word in words):
            return True
        if not is_system_command(command) and (folder is None or below(folder, path)):
            return True
    return False


def _users_made(step: Step) -> set[str]:
    """The users that a RUN creates."""
    if step.instruction.keyword != "RUN":
        return set()
    return {c.args[-1] for c in step.commands if c.args and c.name in _MAKES_USERS}


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
    if len(path) > PATH_MAX:
        return
    while True:
        known = copies.setdefault(path, [])
        if len(known) < _NOTED:
            known.append(step)
        if path in ("/", ""):
            break
        path = posixpath.dirname(path)


class _Order(msgspec.Struct, frozen=True):
    """A chown or chmod of one path: the flag of COPY that does the same, and its value."""

    flag: str
    value: str
    path: str

    @property
    def is_certain(self) -> bool:
        """Whether the path is the project's alone and the value needs no lookup in the image."""
        is_number = bool(re.fullmatch(r"\d+:\d+", self.value))
        return bool(_OWN.match(self.path)) and (self.flag == "chmod" or is_number)


def _fix(command: Command, step: Step, stage: StageFacts, facts: FileFacts) -> Fix | None:
    """Give the COPYs the flag and drop the command: all that it changes must come from them."""
    order = _order(command, step)
    if order is None:
        return None
    before = list(facts.steps_before(stage, step))
    copies = list(_copies(order, before))
    if not all(is_settled and _is_of_stage(s, step, stage) for s, is_settled in copies):
        return None
    flag = f"--{order.flag}={order.value}"
    plain = [s.instruction for s, _ in copies if s.instruction.flag(order.flag) is None]
    edits = [add_flag(instruction, flag) for instruction in plain]
    if not edits or any(edit is None for edit in edits):
        return None
    if any(_makes_folder(s, order.path) for s in before):
        return None  # COPY leaves a folder that is there as it is
    certain = order.is_certain and all(_is_neutral(s, order.path) for s in before)
    cut = remove_command(facts.file, step, command)
    make = safe if certain else unsafe
    return make(f"use COPY --{order.flag}", cut, *edits)


def _copies(order: _Order, before: list[Step]) -> Iterator[tuple[Step, bool]]:
    """The COPYs that bring what the command changes, each with whether it can name the user:
    by a number, or one who was made before it."""
    users: set[str] = set()
    name = order.value.partition(":")[0]
    for step in before:
        copy = step.copy
        if step.instruction.keyword == "RUN":
            users |= _users_made(step)
        elif copy and copy.target is not None and below(copy.target, order.path):
            yield step, order.flag == "chmod" or name.isdecimal() or name in users


def _makes_folder(step: Step, path: str) -> bool:
    """Whether a step is known to make the folder, or one in it."""
    if step.instruction.keyword == "WORKDIR":
        word = step.resolve(step.instruction.body.strip())
        return word is None or below(posixpath.join(step.workdir or "/", word), path)
    if step.instruction.keyword != "RUN":
        return False
    return any(
        command.name in ("mkdir", "install")
        and any(
            below(posixpath.join(step.folder(command) or "/", word), path)
            for word in command.args
            if not word.startswith("-")
        )
        for command in step.commands
    )


def _is_neutral(step: Step, path: str) -> bool:
    """Whether a step makes nothing below the path whose owner the command would change."""
    keyword = step.instruction.keyword
    return keyword != "WORKDIR" and (keyword != "RUN" or sees_only(step, (path,)))


def _order(command: Command, step: Step) -> _Order | None:
    """What the command does, where it is one path with one value."""
    words = [w for w in command.args if not w.startswith("-")]
    folder = step.folder(command)
    if step.index > _MANY or len(words) != 2 or folder is None:
        return None
    value, path = words[0], posixpath.normpath(posixpath.join(folder, words[1]))
    if any(w.dynamic for w in command.argv):
        return None
    if command.name == "chmod" and not re.fullmatch(r"[0-7]{3,4}", value):
        return None
    return _Order(command.name, value, path)


def _is_of_stage(copied: Step, step: Step, stage: StageFacts) -> bool:
    """Whether a COPY stands in the stage itself, above the step."""
    return copied.index < step.index and stage.steps[copied.index] is copied


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

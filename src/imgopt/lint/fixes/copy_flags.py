"""The fix that gives COPYs the owner or mode that a later chown or chmod sets."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

import msgspec

from imgopt.dockerfile.shell import Command
from imgopt.facts.copies import below
from imgopt.facts.file import FileFacts
from imgopt.facts.ownership import is_neutral, makes_folder, users_made
from imgopt.facts.steps import StageFacts, Step
from imgopt.lint.finding import Fix
from imgopt.lint.fixes.edits import add_flag, remove_command, safe, unsafe
from imgopt.regex import lazy

_MANY = 200  # a stage of more lines than any has gets no fix here
# Folders that hold what COPY brings, and nothing of the base image.
_OWN = lazy(r"/(app|code|src|workspace|service|project)(/|$)|/(opt|srv)/\w")


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


def flag_copies(command: Command, step: Step, stage: StageFacts, facts: FileFacts) -> Fix | None:
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
    if any(makes_folder(s, order.path) for s in before):
        return None  # COPY leaves a folder that is there as it is
    certain = order.is_certain and all(is_neutral(s, order.path) for s in before)
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
            users |= users_made(step)
        elif copy and copy.target is not None and below(copy.target, order.path):
            yield step, order.flag == "chmod" or name.isdecimal() or name in users


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

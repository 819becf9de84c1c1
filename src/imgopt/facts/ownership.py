"""Who makes the users and the folders that files of an image belong to and lie in."""

from __future__ import annotations

import posixpath

from imgopt.facts.commands import is_system_command, sees_only
from imgopt.facts.copies import below
from imgopt.facts.steps import Step

_MAKES_USERS = frozenset({"useradd", "adduser"})


def users_made(step: Step) -> set[str]:
    """The users that a RUN creates."""
    if step.instruction.keyword != "RUN":
        return set()
    return {c.args[-1] for c in step.commands if c.args and c.name in _MAKES_USERS}


def makes_folder(step: Step, path: str) -> bool:
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


def may_fill(step: Step, path: str) -> bool:
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


def is_neutral(step: Step, path: str) -> bool:
    """Whether a step makes nothing below the path whose owner the command would change."""
    keyword = step.instruction.keyword
    return keyword != "WORKDIR" and (keyword != "RUN" or sees_only(step, (path,)))

"""Facts about commands: which ones cannot see the copied files, what starts the image."""

from __future__ import annotations

import posixpath
import re

from imgopt.dockerfile.shell import SHELLS, Command
from imgopt.facts.copies import below
from imgopt.facts.file import FileFacts
from imgopt.facts.managers import MANAGERS, Managers
from imgopt.facts.steps import StageFacts, Step

DOWNLOADS = frozenset({"curl", "wget"})
# Programs that work on the system or the network, not on files of the project unless named;
# those of the table's system managers are more.
_SYSTEM_PROGRAMS = frozenset(
    (
        "dpkg apt-key add-apt-repository apt-mark rpm useradd adduser groupadd addgroup usermod set"
        " echo printf true export locale-gen update-locale update-ca-certificates install mkdir rm"
        " touch ln curl wget gpg test [ which command id whoami uname env date sleep corepack"
    ).split()
)
# Programs that run others, which nobody sees here.
STARTERS = SHELLS | {"make"}
_ON_FILES = frozenset("rm touch mkdir install ln".split())


def is_system_command(command: Command, managers: Managers = MANAGERS) -> bool:
    """Whether a program works on the system, and on files of the project only where it names
    them."""
    return command.name in _SYSTEM_PROGRAMS or command.name in managers.system_programs


def starts_others(command: Command) -> bool:
    """Whether a program is the project's own, or one that runs others that nobody sees."""
    program = command.argv[0].value if command.argv else "/"
    return "/" in program or not command.name or command.name in STARTERS


def sees_only(step: Step, folders: tuple[str, ...], managers: Managers = MANAGERS) -> bool:
    """Whether all commands of a RUN are system commands that name nothing in these folders.

    `folders` are absolute; relative paths count from where the command runs.
    """
    if step.script is None or not step.script.ok or not step.commands:
        return False
    if step.instruction.heredocs or any(m.type == "bind" for m in step.mounts):
        return False
    return all(is_blind(command, step, folders, managers) for command in step.commands)


def is_blind(
    command: Command, step: Step, folders: tuple[str, ...], managers: Managers = MANAGERS
) -> bool:
    """Whether a command is a system command that names nothing in these absolute folders."""
    if not is_system_command(command, managers):
        return False
    if any(word.dynamic for word in command.argv):
        return False
    if any(r.startswith("<") or "<" in r[:2] for r in command.redirects):
        return False
    redirected = [re.sub(r"^\d*[<>&|]+\s*", "", r) for r in command.redirects]
    words = [w for w in (*command.args, *redirected) if not w.startswith("-") and "://" not in w]
    named = [w for w in words if "/" in w or command.name in _ON_FILES]
    return not any(_touches(word, command, step, folders) for word in named)


def _touches(word: str, command: Command, step: Step, folders: tuple[str, ...]) -> bool:
    """Whether a word is, or may be, a path in or above one of these folders."""
    base = step.folder(command)
    if base is None and not word.startswith("/"):
        return True
    path = posixpath.normpath(posixpath.join(base or "/", word))
    return any(below(path, folder) or below(folder, path) for folder in folders)


def inherits(stage: StageFacts, facts: FileFacts) -> list[StageFacts]:
    """The stages that are built FROM a stage, directly or not."""
    index = stage.stage.index
    return [s for s in facts.stages if s is not stage and index in s.stage.chain]


def final_command(stage: StageFacts, facts: FileFacts) -> Step | None:
    """The CMD or ENTRYPOINT that decides what runs: the last ENTRYPOINT, else the last CMD."""
    steps = [step for link in facts.chain(stage) for step in link.steps]
    for keyword in ("ENTRYPOINT", "CMD"):
        for step in reversed(steps):
            if step.instruction.keyword == keyword and step.instruction.words:
                if keyword == "ENTRYPOINT" and step.commands and step.commands[0].args == ():
                    continue
                return step
    return None

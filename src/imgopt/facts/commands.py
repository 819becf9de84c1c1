"""Facts about commands: which ones cannot see the copied files, what starts the image."""

from __future__ import annotations

import posixpath
import re

from imgopt.dockerfile.shell import Command
from imgopt.facts.copies import below
from imgopt.facts.file import FileFacts
from imgopt.facts.steps import StageFacts, Step

APT = frozenset({"apt-get", "apt", "aptitude"})
DOWNLOADS = frozenset({"curl", "wget"})
# Programs that work on the system or the network, not on files of the project unless named.
SYSTEM_COMMANDS = frozenset(
    (
        "apt-get apt aptitude apk dnf yum microdnf zypper dpkg apt-key add-apt-repository"
        " apt-mark rpm useradd adduser groupadd addgroup usermod set echo printf true export"
        " locale-gen update-locale update-ca-certificates install mkdir rm touch ln curl wget"
        " gpg test [ which command id whoami uname env date sleep corepack"
    ).split()
)


def sees_only(step: Step, folders: tuple[str, ...]) -> bool:
    """Whether all commands of a RUN are system commands that name nothing in these folders.

    `folders` are absolute; relative paths count from where the command runs.
    """
    if step.script is None or not step.script.ok or not step.commands:
        return False
    if step.instruction.heredocs or any(m.type == "bind" for m in step.mounts):
        return False
    return all(is_blind(command, step, folders) for command in step.commands)


def is_blind(command: Command, step: Step, folders: tuple[str, ...]) -> bool:
    """Whether a command is a system command that names nothing in these absolute folders."""
    if command.name not in SYSTEM_COMMANDS:
        return False
    if any(word.dynamic for word in command.argv):
        return False
    redirected = [re.sub(r"^\d*[<>&|]+\s*", "", r) for r in command.redirects]
    if any(r.startswith("<") or "<" in r[:2] for r in command.redirects):
        return False
    for word in (*command.args, *redirected):
        if word.startswith("-") or "://" in word:
            continue
        if "/" not in word and command.name not in ("rm", "touch", "mkdir", "install", "ln"):
            continue
        base = step.folder(command)
        if base is None and not word.startswith("/"):
            return False
        path = posixpath.normpath(posixpath.join(base or "/", word))
        if any(below(path, folder) or below(folder, path) for folder in folders):
            return False
    return True


def apt_update(step: Step) -> Command | None:
    """The first `apt-get update` of a RUN."""
    for command in step.commands:
        if command.name in APT and "update" in command.args:
            return command
    return None


def uses_apt_lists(step: Step) -> bool:
    """Whether a RUN installs with apt and relies on lists that an earlier one fetched."""
    return any(i.manager.name == "apt" for i in step.installs) and apt_update(step) is None


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

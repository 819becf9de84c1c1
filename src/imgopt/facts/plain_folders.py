"""Facts about the folders above a path: whether they are root's, with mode 755, and no links, as
those are that a linked layer brings with it."""

from __future__ import annotations

import posixpath

from imgopt.dockerfile.shell import Command
from imgopt.facts.bases import Base
from imgopt.facts.bases.model import Family
from imgopt.facts.commands import is_system_command
from imgopt.facts.copies import below
from imgopt.facts.file import FileFacts
from imgopt.facts.steps import StageFacts, Step

# Such folders of every distribution's image.
_PLAIN = frozenset(
    (
        "/ /etc /home /opt /srv /usr /usr/bin /usr/lib /usr/share /usr/local /usr/local/bin"
        " /usr/local/lib /usr/local/share /var /var/lib"
    ).split()
)
# Those of them in which an image of a distribution or a language has no folders of its own.
_BARE = frozenset("/ /opt /srv /usr/bin /usr/local/bin".split())
# First folders that an image may have with what is in them, be it as links.
_OF_SYSTEMS = frozenset(
    "bin boot dev etc home lib lib32 lib64 media mnt opt proc root run sbin srv sys tmp usr"
    " var".split()
)
# Programs that change folders which they name; `_MAKES` only where they are told a mode.
_CHANGES = frozenset("chown chmod chgrp ln mv rm cp rsync unzip tar useradd adduser".split())
_MAKES = frozenset({"mkdir", "touch"})
_OWNED = ("chown", "chmod")
_MOST_STEPS = 200  # a stage of more lines than any has is not certain


def are_plain(step: Step, stage: StageFacts, facts: FileFacts) -> bool:
    """Whether all folders above what a COPY brings, and its target, are so: those of the base by
    its name, others because they come with this COPY, or a line above made them so."""
    copy, base = step.copy, facts.base_of(stage)
    if copy is None or copy.target is None:
        return False
    target = posixpath.normpath(copy.target)
    top = _first_own(target, base)
    if not top or not (base.is_scratch or _may_be_new(top, target, copy.sources, base)):
        return False
    before = list(facts.steps_before(stage, step))
    return len(before) < _MOST_STEPS and all(_leaves(s, top, target, base) for s in before)


def _first_own(target: str, base: Base) -> str:
    """The first folder on the way to the target that no image of a distribution has, else the
    target; empty for the root."""
    path = ""
    for part in target.split("/")[1:]:
        path = f"{path}/{part}"
        if path not in _PLAIN and path not in base.plain_folders:
            above = any(below(folder, path) for folder in base.plain_folders)
            if not above:
                return path
    return target if target != "/" else ""


def _may_be_new(top: str, target: str, sources: tuple[str | None, ...], base: Base) -> bool:
    """Whether the base is known not to have the folder, or it is a file in one that it has."""
    if not base.is_known or base.family in (Family.UNKNOWN, Family.DISTROLESS):
        return False
    if top in base.plain_folders or top in _PLAIN:
        return True
    homes = (base.workdir or "/", base.home or "/")
    if any(home != "/" and below(home, top) for home in homes):
        return False
    parent = posixpath.dirname(top)
    if parent == "/":
        return top[1:] not in _OF_SYSTEMS
    is_file = top == target and len(sources) == 1 and "." in posixpath.basename(top).strip(".")
    return parent in _BARE or parent in base.plain_folders or is_file


def _leaves(step: Step, top: str, target: str, base: Base) -> bool:
    """Whether a step leaves the folders from `top` to the target alone, or makes them as a linked
    layer would."""
    keyword = step.instruction.keyword
    by_root = step.state.is_root or (step.state.may_be_root and base.user in ("root", None))
    if keyword == "WORKDIR":
        folder = step.resolve(step.instruction.body.strip("\"' "))
        if folder is None or step.workdir is None:
            return False
        return by_root or not below(posixpath.join(step.workdir, folder), top)
    if keyword == "VOLUME":
        return top not in step.instruction.text
    if keyword == "RUN":
        return _run_leaves(step, top, by_root)
    return step.copy is None or _copy_leaves(step, top, target)


def _copy_leaves(step: Step, top: str, target: str) -> bool:
    copy, instruction = step.copy, step.instruction
    if copy is None or copy.target is None:
        return False
    path = posixpath.normpath(copy.target)
    if not below(path, top):
        return not below(top, path) or path in _PLAIN
    if any(instruction.flag(name) is not None for name in _OWNED):
        return False
    # A folder that is copied to it may bring a mode of its own.
    are_files = all(source and "." in posixpath.basename(source) for source in copy.sources)
    return are_files or not below(target, path)


def _run_leaves(step: Step, top: str, by_root: bool) -> bool:
    if not (step.script and step.script.ok) or step.instruction.heredocs:
        return False
    known = {id(install.command) for install in step.installs}
    return all(
        id(command) in known or _command_leaves(command, step, top, by_root)
        for command in step.commands
    )


def _command_leaves(command: Command, step: Step, top: str, by_root: bool) -> bool:
    """Whether a command names nothing on the way; `mkdir` by root makes what a layer would."""
    if command.name == "cd":
        return True
    if command.name not in _CHANGES and not is_system_command(command):
        return False
    if command.name in _MAKES and by_root and not any(w.startswith("-m") for w in command.args):
        return True
    folder = step.folder(command)
    if folder is None or top in command.text:
        return False
    words = [step.resolve(word) for word in command.args if not word.startswith("-")]
    paths = [None if word is None else posixpath.join(folder, word) for word in words]
    if command.name not in _CHANGES:
        return not below(folder, top)
    return all(path is not None and _is_aside(path.rstrip("*"), top) for path in paths)


def _is_aside(path: str, top: str) -> bool:
    """Whether a path is neither in a folder nor above it, those that stay as they are left out."""
    return not below(path, top) and (path in _PLAIN or not below(top, path))

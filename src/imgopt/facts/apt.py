"""Facts about apt alone: the lists that `apt-get update` fetches, and who uses them."""

from __future__ import annotations

from imgopt.dockerfile.shell import SHELLS, Command
from imgopt.facts.commands import inherits
from imgopt.facts.copies import below
from imgopt.facts.downloads import is_offline
from imgopt.facts.file import FileFacts
from imgopt.facts.managers.system import APT
from imgopt.facts.steps import StageFacts, Step

LISTS = "/var/lib/apt/lists"


def is_apt(command: Command) -> bool:
    return APT.is_program(command.name)


def updates(step: Step) -> list[Command]:
    """The `apt-get update`s of a RUN."""
    return [c for c in step.commands if is_apt(c) and "update" in c.args]


def installs_with_apt(step: Step) -> bool:
    return any(i.manager.name == APT.name and not is_offline(i) for i in step.installs)


def may_update(step: Step) -> bool:
    """Whether a RUN starts a script that nobody sees here: that of a repository updates."""
    return any(command.name in SHELLS for command in step.commands)


def uses_lists(step: Step) -> bool:
    """Whether a RUN installs with apt and relies on lists that an earlier one fetched."""
    return installs_with_apt(step) and not updates(step)


def deletes_lists(command: Command) -> bool:
    """Whether a command of apt's own takes the lists away."""
    emptied = APT.emptied_by(command.plain.partition(" ")[2]) if is_apt(command) else ()
    return LISTS in (emptied or ())


def are_removed_behind(update: Command, step: Step) -> bool:
    """Whether the RUN itself deletes the lists behind the update."""
    behind = False
    for command in step.commands:
        behind = behind or command is update
        if not behind:
            continue
        if command.name in ("rm", "find") and any(_covers(word, command) for word in command.args):
            return True
        if deletes_lists(command):
            return True
    return False


def _covers(word: str, command: Command) -> bool:
    path = word.split("{")[0].rstrip("*").rstrip("/")
    if path.startswith(LISTS) or path in ("/var/lib/apt", "/var/lib"):
        return True
    return LISTS in word or (command.cwd or "").startswith(LISTS)


def are_on_a_mount(step: Step) -> bool:
    for mount in step.caching_mounts():
        target = step.resolve(mount.target)
        if target is None or below(LISTS, target):
            return True
    return False


def users_of_lists(step: Step, stage: StageFacts) -> list[Step]:
    """The later RUNs of a stage that install from the lists that this one fetched: up to the next
    that fetches them anew, or may do so."""
    users: list[Step] = []
    for other in stage.steps[step.index + 1 :]:
        if updates(other) or may_update(other):
            break
        if uses_lists(other):
            users.append(other)
    return users


def are_inherited(stage: StageFacts, facts: FileFacts) -> bool:
    """Whether a stage that is built FROM this one installs from its lists."""
    return facts.once(("lists inherited", stage.stage.index), lambda: _are_inherited(stage, facts))


def _are_inherited(stage: StageFacts, facts: FileFacts) -> bool:
    return any(uses_lists(s) for other in inherits(stage, facts) for s in other.runs())


def last_unread(stage: StageFacts, facts: FileFacts) -> int:
    """The index of the last RUN that cannot be read, or starts a script, and so may install from
    lists of an earlier one, be it of a stage that is built FROM this one; -1 for none."""
    return facts.once(("lists unread", stage.stage.index), lambda: _last_unread(stage, facts))


def _last_unread(stage: StageFacts, facts: FileFacts) -> int:
    last = -1
    for other in (stage, *inherits(stage, facts)):
        for step in other.runs():
            if not (step.script and step.script.ok) or may_update(step):
                last = step.index if other is stage else len(stage.steps)
    return last

"""Fixes that give an install a cache mount, and take back what would leave one empty."""

from __future__ import annotations

import itertools

from imgopt.dockerfile.shell import Command
from imgopt.facts.caches import (
    cache_directories,
    cache_directory,
    deletes,
    hook_acts,
    is_told_not_to_cache,
    mounted_on,
)
from imgopt.facts.commands import inherits, starts_others
from imgopt.facts.compiles import Compile
from imgopt.facts.consumers import image_commands, later_steps, takers
from imgopt.facts.downloads import is_offline
from imgopt.facts.file import FileFacts
from imgopt.facts.installs import Install
from imgopt.facts.managers.caching import Cache
from imgopt.facts.managers.model import Manager
from imgopt.facts.steps import StageFacts, Step, names_root
from imgopt.lint.finding import Edit, Fix, Safety
from imgopt.lint.fixes.edits import (
    Edits,
    add_run_flags,
    prepend_command,
    remove_command,
    remove_words,
    safe,
    unsafe,
)

_MOST_USERS = 50  # RUNs that one fix changes
_STARTING = frozenset({"RUN", "CMD", "ENTRYPOINT"})


def mount_flags(install: Install, step: Step, options: str = "") -> list[str]:
    """The flags of RUN that put cache mounts where an install keeps its downloads."""
    sharing = install.manager.cache.sharing
    shared = f",sharing={sharing}" if sharing else ""
    directories = cache_directories(install, step)
    return [f"--mount=type=cache,target={d}{options}{shared}" for d in directories]


def mount_advice(
    directories: tuple[str, ...], flags: list[str], command: Command, step: Step
) -> str:
    """What a message asks for: the flags, or words where nobody knows where a home is."""
    user = step.user_of(command)
    if not any(directory.startswith("~") for directory in directories):
        # A mount belongs to root until it says otherwise.
        if not user or names_root(user):
            return " ".join(flags)
        uid = user.partition(":")[0]
        return f"{' '.join(flags)}, with {f'uid={uid}' if uid.isdecimal() else f'uid= of {uid}'}"
    who = user or "another user"
    names = " and ".join(directory.removeprefix("~/") for directory in directories)
    return f"a cache mount on {names} in the home of {who}, with uid= of that user"


def mount_fix(install: Install, step: Step, stage: StageFacts, facts: FileFacts) -> Fix | None:
    """A cache mount for one install, where it is certain which one it needs."""
    cache = install.manager.cache
    if not install.command.exact or not _is_known(cache, step, facts):
        return None
    directories = cache_directories(install, step)
    options = _owner(install.command, step)
    if options is None or not _may_be_mounted(directories, stage, facts):
        return None
    flags = mount_flags(install, step, options)
    users = [step, *_users_of_store(install, step, stage, facts)] if cache.is_store else [step]
    if len(users) > _MOST_USERS:
        return None
    if cache.is_store and not _stays_within(install, directories, users, stage, facts):
        return None
    edits: list[Edit] = []
    for other in users:
        missing = flags if other is step else _not_mounted(flags, directories, other)
        edit = add_run_flags(facts.file, other.instruction, missing)
        if edit is None:
            return None
        edits.append(edit)
    undone = undo_defeats(install, step, stage, facts, (*directories, *cache.parts))
    if undone is None:
        return None
    description = f"add {' and '.join(f'a cache mount on {d}' for d in directories)}"
    is_safe = _is_safe(install, directories, step, stage, facts)
    return Fix(Safety.SAFE if is_safe else Safety.UNSAFE, description, (*edits, *undone))


def _may_be_mounted(directories: tuple[str, ...], stage: StageFacts, facts: FileFacts) -> bool:
    """Whether the directories are known, and no other stage copies what is in them."""
    if any(not d.startswith("/") or "$" in d for d in directories):
        return False
    return not takers(stage, directories, facts)


def _is_safe(
    install: Install, directories: tuple[str, ...], step: Step, stage: StageFacts, facts: FileFacts
) -> bool:
    """Whether the user is known, no file of the image changes, and nothing misses a store."""
    if step.user_of(install.command) is None:
        return False
    if facts.in_final(stage) and hook_acts(install.manager, directories, stage, step, facts):
        return False  # the hook is a file of the image
    return not install.manager.cache.is_store or _closed_behind(step, stage, facts)


def compile_mount_fix(
    compile_: Compile, step: Step, stage: StageFacts, facts: FileFacts
) -> Fix | None:
    """A cache mount on what a compile can use again, None where results would be hidden in it."""
    command, directory = compile_.command, compile_.directory
    if directory is None or not command.exact or compile_.hides_results:
        return None
    if compile_.flag or compile_.undone_by:
        return None
    options = _owner(command, step)
    if options is None or not directory.startswith("/") or "$" in directory:
        return None
    # What a cache in the project holds may be meant for the image.
    is_copied = bool(takers(stage, (directory,), facts))
    in_project = not compile_.cache.place.path.startswith("/")
    if is_copied and not in_project:
        return None
    flag = f"--mount=type=cache,target={directory}{options}"
    edit = add_run_flags(facts.file, step.instruction, [flag])
    in_image = is_copied or (in_project and facts.in_final(stage))
    make = unsafe if in_image or step.user_of(command) is None else safe
    return make(f"add a cache mount on {directory}", edit)


def _owner(command: Command, step: Step) -> str | None:
    """Options that make a cache mount writable for who runs a command, None for a user without a
    number, or without a home that is known. Of an unknown user, root is assumed; the fix is not
    safe then."""
    user = step.user_of(command)
    if user is None or names_root(user):
        return ""
    uid, _, gid = user.partition(":")
    if not uid.isdecimal() or (gid and not gid.isdecimal()) or not step.home_of(command):
        return None
    return f",uid={uid}" + (f",gid={gid}" if gid else "")


def _is_known(cache: Cache, step: Step, facts: FileFacts) -> bool:
    """Whether the place of the cache does not hang on what the base image sets."""
    if not cache.is_certain:
        return False
    if not cache.told_by_bases and not cache.told_by_env:
        return True
    bases = {facts.image(s.stage.base.text).repository for s in facts.stages}
    told = any(step.env.get(name) for name in cache.told_by_env)
    return told or not bases.isdisjoint(cache.told_by_bases)


def _users_of_store(
    install: Install, step: Step, stage: StageFacts, facts: FileFacts
) -> list[Step]:
    """The later RUNs, those of stages built on this one included, that use the downloads where
    they lie and have no mount there yet; of many the first."""
    manager, place = install.manager, cache_directory(install, step)
    users = (
        other
        for other in later_steps(step, stage, facts)
        if other.instruction.keyword == "RUN"
        and any(manager.is_program(c.name) for c in other.commands)
        and not any(mounted_on(mount, other, place) for mount in other.caching_mounts())
    )
    return list(itertools.islice(users, _MOST_USERS))


def _not_mounted(flags: list[str], directories: tuple[str, ...], step: Step) -> list[str]:
    """Those of the flags, one a directory, whose directory a RUN has no mount on."""
    mounts = step.caching_mounts()
    return [
        flag
        for flag, directory in zip(flags, directories, strict=True)
        if not any(mounted_on(mount, step, directory) for mount in mounts)
    ]


def _stays_within(
    install: Install,
    directories: tuple[str, ...],
    users: list[Step],
    stage: StageFacts,
    facts: FileFacts,
) -> bool:
    """Whether no image's own command needs the downloads, which are on no layer then, and all who
    use them look in the same place and could download what they miss: a mount may be empty where
    the layer of the install comes from a cache."""
    manager = install.manager
    if any(manager.is_program(command.name) for command in image_commands(stage, facts)):
        return False
    return all(
        cache_directories(other, user)[0] == directories[0] and not is_offline(other)
        for user in users
        for other in user.installs
        if other.manager.name == manager.name
    )


def _closed_behind(step: Step, stage: StageFacts, facts: FileFacts) -> bool:
    """Whether every later RUN of the stage and of those built on it can be read, so that nothing
    uses a store unseen."""
    own, of_children = facts.once(
        ("last opaque", stage.stage.index), lambda: _last_opaque(stage, facts)
    )
    return step.index >= own and not of_children


def _last_opaque(stage: StageFacts, facts: FileFacts) -> tuple[int, bool]:
    """The index of the stage's last opaque step, -1 for none; whether a stage built on it has
    one."""
    own = max((s.index for s in stage.steps if _is_opaque(s)), default=-1)
    return own, any(_is_opaque(s) for child in inherits(stage, facts) for s in child.steps)


def _is_opaque(step: Step) -> bool:
    """Whether a RUN or the image's command cannot be read, or starts unknown programs."""
    if step.instruction.keyword not in _STARTING:
        return False
    if step.script is None or not step.script.ok:
        return True
    return any(starts_others(command) for command in step.commands)


def undo_defeats(
    install: Install,
    step: Step,
    stage: StageFacts,
    facts: FileFacts,
    directories: tuple[str, ...],
) -> Edits | None:
    """Edits that take back what would leave a mount on these directories empty.

    None where that is not certain.
    """
    manager = install.manager
    switched = _without_switches(manager, step)
    if switched is None:
        return None
    edits = list(switched)
    if hook_acts(manager, directories, stage, step, facts):
        hook = unhook(manager, facts, step)
        if hook is None:
            return None
        edits.append(hook)
    for command in step.commands:
        cut: Edits | None = ()
        if _cleans(command, manager):
            cut = remove_command(facts.file, step, command)
        elif command.name == "rm":
            cut = keep_directories(facts, step, command, directories)
        if cut is None:
            return None
        edits += cut
    return tuple(edits)


def _cleans(command: Command, manager: Manager) -> bool:
    """Whether a command of a manager's own takes away what it has downloaded."""
    if command.plain.startswith(manager.clean):
        return True
    words = command.plain.partition(" ")[2]
    return manager.is_program(command.name) and manager.emptied_by(words) is not None


def _without_switches(manager: Manager, step: Step) -> Edits | None:
    """Take the flags away that tell a manager to keep no cache; None for what is no flag."""
    edits: list[Edit] = []
    for install in step.installs:
        if install.manager.name != manager.name:
            continue
        switch = is_told_not_to_cache(install, step)
        words = remove_words(install.command, [switch]) if switch.startswith("-") else ()
        if words is None or (switch and not words):
            return None
        edits += words
    return tuple(edits)


def keep_directories(
    facts: FileFacts, step: Step, command: Command, directories: tuple[str, ...]
) -> Edits | None:
    """Make an `rm` leave these directories alone; no edits where it does already."""
    words = [w.value for w in command.argv[1:] if not w.value.startswith("-")]
    hit = [w for w in words if any(deletes(w, d, step) for d in directories)]
    if not hit:
        return ()
    if len(hit) == len(words):
        if command is step.commands[0] and len(step.commands) > 1:
            return None
        return remove_command(facts.file, step, command)
    return remove_words(command, hit)


def unhook(manager: Manager, facts: FileFacts, step: Step) -> Edit | None:
    """Let a manager keep what it downloads: the way that BuildKit's documentation gives."""
    if manager.hook is None:
        return None
    return prepend_command(facts.file, step, f"rm -f {manager.hook.file}")

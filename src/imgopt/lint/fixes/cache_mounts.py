"""Fixes that give an install a cache mount, and take back what would leave one empty."""

from __future__ import annotations

from imgopt.dockerfile.shell import Command
from imgopt.facts.caches import (
    cache_directories,
    deletes,
    hook_acts,
    is_covered,
    is_told_not_to_cache,
)
from imgopt.facts.commands import starts_others
from imgopt.facts.copies import below
from imgopt.facts.file import FileFacts
from imgopt.facts.installs import Install
from imgopt.facts.managers.model import Cache, Manager
from imgopt.facts.steps import StageFacts, Step
from imgopt.lint.finding import Edit, Fix, Safety
from imgopt.lint.fixes.edits import (
    Edits,
    add_run_flags,
    prepend_command,
    remove_command,
    remove_words,
)


def mount_flags(install: Install, step: Step, options: str = "") -> list[str]:
    """The flags of RUN that put cache mounts where an install keeps its downloads."""
    sharing = install.manager.cache.sharing
    shared = f",sharing={sharing}" if sharing else ""
    directories = cache_directories(install, step)
    return [f"--mount=type=cache,target={d}{options}{shared}" for d in directories]


def mount_fix(install: Install, step: Step, stage: StageFacts, facts: FileFacts) -> Fix | None:
    """A cache mount for one install, where it is certain which one it needs."""
    cache = install.manager.cache
    if not install.command.exact or not _is_known(cache, step, facts):
        return None
    directories = cache_directories(install, step)
    options = _owner(step)
    if options is None or not _may_be_mounted(directories, stage, facts):
        return None
    flags = mount_flags(install, step, options)
    edits: list[Edit] = []
    for other in _users_of_store(install, step, stage) if cache.is_store else (step,):
        edit = add_run_flags(facts.file, other.instruction, flags)
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
    """Whether the directories are known, and no final stage copies what is in them."""
    if any(not d.startswith("/") or "$" in d for d in directories):
        return False
    return not any(
        below(path, d) or (below(d, path) and path != "/")
        for path in facts.copied_out_of(stage)
        for d in directories
    )


def _is_safe(
    install: Install, directories: tuple[str, ...], step: Step, stage: StageFacts, facts: FileFacts
) -> bool:
    """Whether the user is known, no file of the image changes, and nothing misses a store."""
    base = stage.stage.base
    if base.stage is None and not facts.base_of(stage).runs_as_root:
        return False
    if facts.in_final(stage) and hook_acts(install.manager, directories, stage, step, facts):
        return False  # the hook is a file of the image
    return not install.manager.cache.is_store or _closed_behind(step, stage, facts)


def _owner(step: Step) -> str | None:
    """Options that make a cache mount writable for the user, None for a user without a number."""
    if step.user is None or step.state.may_be_root:
        return ""
    uid, _, gid = step.user.partition(":")
    if not uid.isdecimal() or (gid and not gid.isdecimal()) or not step.env.get("HOME"):
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


def _users_of_store(install: Install, step: Step, stage: StageFacts) -> list[Step]:
    manager = install.manager
    return [
        other
        for other in stage.steps[step.index :]
        if other.instruction.keyword == "RUN"
        and not is_covered(install, other)
        and (other is step or any(manager.is_program(c.name) for c in other.commands))
    ]


def _closed_behind(step: Step, stage: StageFacts, facts: FileFacts) -> bool:
    """Whether every later RUN of the stage can be read, so that nothing uses a store unseen."""
    return step.index >= facts.once(("last opaque", stage.stage.index), lambda: _last_opaque(stage))


def _last_opaque(stage: StageFacts) -> int:
    """The index of the last RUN that cannot be read or starts unknown programs; -1 for none."""
    for other in reversed(stage.steps):
        if other.instruction.keyword != "RUN":
            continue
        if other.script is None or not other.script.ok:
            return other.index
        if any(starts_others(c) for c in other.commands):
            return other.index
    return -1


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

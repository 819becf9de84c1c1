"""Facts about package managers' caches: where they are, what mounts and switches do to them."""

from __future__ import annotations

import posixpath
import re

from imgopt.dockerfile.expand import Env
from imgopt.dockerfile.stages import Mount
from imgopt.facts.copies import below
from imgopt.facts.file import FileFacts
from imgopt.facts.installs import Install
from imgopt.facts.managers.model import CleanHook, Manager, Place
from imgopt.facts.steps import StageFacts, Step

FALSE = frozenset({"", "0", "false", "no", "off"})


def cache_directory(install: Install, step: Step) -> str:
    """Where this command keeps its downloads, given flags and environment; "" when unknown."""
    return cache_directories(install, step)[0]


def cache_directories(install: Install, step: Step) -> tuple[str, ...]:
    """All directories that a cache mount should cover, the first the one with the downloads."""
    manager, args = install.manager, install.command.args
    for word, following in zip(args, (*args[1:], ""), strict=False):
        key, equals, value = word.partition("=")
        if key in manager.cache.flags:
            return (value if equals else following,)
    return tuple(_directory(place, install, step) for place in manager.caches(install.does))


def _directory(place: Place, install: Install, step: Step) -> str:
    own = dict(install.command.assignments)
    for name, below_it in place.moved_by:
        if moved := own.get(name) or step.env.get(name):
            return posixpath.join(moved, below_it) if below_it else moved
    return _under_home(place.path, step)


def _under_home(directory: str, step: Step) -> str:
    home = step.env.get("HOME") or ("/root" if step.state.may_be_root else "")
    if directory.startswith("/root/") and home:
        return home.rstrip("/") + directory.removeprefix("/root")
    return directory


def environment(install: Install, step: Step) -> Env:
    """The variables that a command runs with, its own assignments included."""
    return {**step.env, **dict(install.command.assignments)}


def is_covered(install: Install, step: Step) -> bool:
    """Whether some cache mount is on, above or in a directory that the manager may cache in.

    A target that a variable hides may be anywhere: it counts as covering.
    """
    manager = install.manager
    directories = (*cache_directories(install, step), *manager.possible_caches())
    for mount in step.caching_mounts():
        target = step.resolve(mount.target)
        if target is None or target.startswith("~"):
            return True
        if any(below(d, target) or below(target, d) for d in directories):
            return True
        if _looks_like(target, {directory.removeprefix("/root/") for directory in directories}):
            return True
        if target.rstrip("/").endswith(tuple(f"/{name}" for name in manager.possible_folders())):
            return True
    return False


def _looks_like(target: str, tails: set[str]) -> bool:
    """Whether a mount's target is a cache of one of these names below some other folder."""
    if any(re.search(rf"(^|/){re.escape(tail)}(/|$)", target) for tail in tails if tail):
        return True
    return any(tail.startswith(target.strip("/").rpartition("/")[2] + "/") for tail in tails)


def is_told_not_to_cache(install: Install, step: Step) -> str:
    """The flag or variable that tells a command to keep no cache; empty without one."""
    cache = install.manager.cache
    for flag in install.flags:
        if flag.partition("=")[0] in cache.off_flags:
            return flag
    env = environment(install, step)
    for name in cache.off_env:
        if name in env and (env[name] is None or str(env[name]).lower() not in FALSE):
            return name
    return ""


def hook_acts(
    manager: Manager, directories: tuple[str, ...], stage: StageFacts, step: Step, facts: FileFacts
) -> bool:
    """Whether a hook of the base image empties one of these directories after an install."""
    hook = manager.hook
    if hook is None or not any(below(hook.directory, d) for d in directories):
        return False
    if facts.base_of(stage).family not in hook.systems:
        return False
    key = (f"unhooked {manager.name}", stage.stage.index)
    return step.index < facts.once(key, lambda: _unhooked_at(hook, stage, facts))


def _unhooked_at(hook: CleanHook, stage: StageFacts, facts: FileFacts) -> int:
    """The index of the first step of a stage that has the hook gone; behind the last for none."""
    for link in facts.chain(stage):
        for step in link.steps:
            instruction = step.instruction
            texts = (instruction.text, *(h.content for h in instruction.heredocs))
            if any(_takes_away(hook, text) for text in texts):
                return step.index if link is stage else -1
    return len(stage.steps)


def _takes_away(hook: CleanHook, text: str) -> bool:
    if any(sign in text for sign in hook.signs):
        return True
    lower = text.lower()
    return any(all(word in lower for word in words) for words in hook.settings)


def removals(step: Step, directory: str) -> list[int]:
    """Indices of the commands of a RUN that delete a directory, its contents or one above it."""
    return [
        index
        for index, command in enumerate(step.commands)
        if command.name == "rm" and any(deletes(w, directory, step) for w in command.args)
    ]


def deletes(word: str, directory: str, step: Step) -> bool:
    home = step.env.get("HOME") or "/root"
    path = word.replace("~", home, 1) if word.startswith("~") else word
    path = path.replace("${HOME}", home).replace("$HOME", home)
    path = path.rstrip("*").rstrip("/")
    return path.startswith("/") and path != "/" and below(directory, path)


def mounted_on(mount: Mount, step: Step, directory: str) -> bool:
    """Whether a mount is on the directory or above it."""
    target = step.resolve(mount.target)
    return target is not None and below(directory, target)

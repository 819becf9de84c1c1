"""Facts about package managers' caches: where they are, what mounts and switches do to them."""

from __future__ import annotations

import posixpath
import re

from imgopt.dockerfile.expand import Env
from imgopt.dockerfile.shell import Command
from imgopt.dockerfile.stages import Mount
from imgopt.facts import words
from imgopt.facts.copies import below
from imgopt.facts.file import FileFacts
from imgopt.facts.installs import FALSE, Install
from imgopt.facts.managers.caching import CleanHook, Place, Setup
from imgopt.facts.managers.model import Manager
from imgopt.facts.steps import StageFacts, Step, names_root


def cache_directory(install: Install, step: Step) -> str:
    """Where this command keeps its downloads, given flags and environment; "" when unknown."""
    return cache_directories(install, step)[0]


def cache_directories(install: Install, step: Step) -> tuple[str, ...]:
    """All directories that a cache mount should cover, the first the one with the downloads."""
    manager, args = install.manager, install.args
    for word, following in zip(args, (*args[1:], ""), strict=False):
        key, equals, value = word.partition("=")
        if key in manager.cache.flags:
            return (value if equals else following,)
    return tuple(
        directory_of(place, install.command, step) for place in manager.caches(install.does)
    )


def directory_of(place: Place, command: Command, step: Step) -> str:
    """Where a place is for a command, given who runs it and its variables; "" when unknown."""
    env = words.environment(command, step.env)
    for name, below_it in place.moved_by:
        if moved := env.get(name):
            return posixpath.join(moved, below_it) if below_it else moved
    if place.by_system:
        return place.by_system.get(step.base.system.package_manager, place.path)
    if place.by_base:
        name = step.base.repository
        told = place.by_base.get(name) or place.by_base.get(posixpath.basename(name))
        if told or not step.base.is_known:
            return told or ""
    user = step.user_of(command)
    is_other = bool(place.of_users and user and not names_root(user))
    return _under_home(place.of_users if is_other else place.path, command, step)


def _under_home(directory: str, command: Command, step: Step) -> str:
    """A directory of root's home in that of who runs the command; `~` where it is not known."""
    if not directory.startswith("/root/"):
        return directory
    home = step.home_of(command).rstrip("/") or "~"
    return home + directory.removeprefix("/root")


def is_lost(install: Install, step: Step, stage: StageFacts, facts: FileFacts) -> bool:
    """Whether something has moved a manager's cache to where nobody knows."""
    cache = install.manager.cache
    env = environment(install, step)
    if any(name in env for name in cache.lost_by_env):
        return True
    if not cache.lost_by_words:
        return False
    if re.search(cache.lost_by_words, install.command.text):
        return True
    key = (f"lost {install.manager.name}", stage.stage.index)
    return step.index >= facts.once(key, lambda: _lost_at(cache.lost_by_words, stage, facts))


def _lost_at(words: str, stage: StageFacts, facts: FileFacts) -> int:
    """The index of the first step of a stage in which a command moves a cache; behind the last for
    none."""
    for link in facts.chain(stage):
        for step in link.steps:
            if any(re.search(words, command.text) for command in step.commands):
                return step.index if link is stage else -1
    return len(stage.steps)


def environment(install: Install, step: Step) -> Env:
    """The variables that a command runs with, those that the RUN itself sets included."""
    return words.environment(install.command, step.env)


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
    """The flag, as it is written, or the variable that tells a command to keep no cache; empty
    without one."""
    cache = install.manager.cache
    for flag, written in zip(install.flags, install.written, strict=True):
        if flag.partition("=")[0] in cache.off_flags:
            return written
    env = environment(install, step)
    for name in cache.off_env:
        value = env.get(name, "")
        off = {""} if cache.off_by_any_value else FALSE
        if value is None or value.lower() not in off:
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


def emptied_by(manager: Manager, directory: str, step: Step) -> list[int]:
    """Indices of the commands of a RUN that leave nothing in a manager's cache directory."""
    found = set(removals(step, directory))
    for index, command in enumerate(step.commands):
        if not manager.is_program(command.name):
            continue
        emptied = manager.emptied_by(command.plain.partition(" ")[2])
        if emptied == () or any(below(directory, d) for d in emptied or ()):
            found.add(index)
    return sorted(found)


def is_set_up(install: Install, step: Step, stage: StageFacts, facts: FileFacts) -> bool:
    """Whether what a mount needs beside it, that downloads are kept, is there, or may be."""
    setup = install.manager.cache.setup
    if setup is None:
        return True
    if setup.directory and any(
        mounted_on(mount, step, setup.directory) for mount in step.caching_mounts()
    ):
        return True
    if re.search(setup.signs, " ".join(install.args)):
        return True
    key = (f"set up {install.manager.name}", stage.stage.index)
    return step.index >= facts.once(key, lambda: _set_up_at(setup, stage, facts))


def _set_up_at(setup: Setup, stage: StageFacts, facts: FileFacts) -> int:
    """The index of the first step of a stage that may do it; behind the last for none."""
    signs = re.compile(setup.signs)
    for link in facts.chain(stage):
        for step in link.steps:
            if _sets_up(setup, signs, step):
                return step.index if link is stage else -1
    return len(stage.steps)


def _sets_up(setup: Setup, signs: re.Pattern[str], step: Step) -> bool:
    instruction = step.instruction
    if step.copy:
        target = step.copy.target
        return target is None or any(below(target, f) or below(f, target) for f in setup.files)
    if any(signs.search(h.content) for h in instruction.heredocs):
        return True
    # An install's own words count for itself alone.
    installing = {id(install.command) for install in step.installs}
    others = (c for c in step.commands if id(c) not in installing)
    texts = [text for c in others for text in (c.text, *c.redirects)]
    return any(signs.search(text) for text in texts)


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

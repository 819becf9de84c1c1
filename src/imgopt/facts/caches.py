"""Facts about package managers' caches: where they are, what mounts and switches do to them."""

from __future__ import annotations

import posixpath
import re

from imgopt.dockerfile.stages import Mount
from imgopt.facts.bases import Family
from imgopt.facts.copies import below
from imgopt.facts.file import FileFacts
from imgopt.facts.installs import Install
from imgopt.facts.steps import StageFacts, Step

FALSE = frozenset({"", "0", "false", "no", "off"})
LISTS = "/var/lib/apt/lists"
APT_DIRECTORIES = ("/var/cache/apt", "/var/lib/apt")


def cache_directory(install: Install, step: Step) -> str:
    """Where this command keeps its downloads, given flags and environment; "" when unknown."""
    return cache_directories(install, step)[0]


def cache_directories(install: Install, step: Step) -> tuple[str, ...]:
    """All directories that a cache mount should cover, the first the one with the downloads."""
    manager = install.manager
    args = install.command.args
    for word, following in zip(args, (*args[1:], ""), strict=False):
        key, equals, value = word.partition("=")
        if key in manager.cache_flags:
            return (value if equals else following,)
    own = dict(install.command.assignments)
    if manager.name == "pnpm" and (home := own.get("PNPM_HOME") or step.env.get("PNPM_HOME")):
        return (posixpath.join(home, "store"),)
    if manager.name == "go":
        gopath = own.get("GOPATH") or step.env.get("GOPATH") or ""
        modules = own.get("GOMODCACHE") or step.env.get("GOMODCACHE")
        modules = modules or (posixpath.join(gopath, "pkg/mod") if gopath else "/go/pkg/mod")
        if install.action == "mod download":
            return (modules,)
        built = own.get("GOCACHE") or step.env.get("GOCACHE")
        return (modules, built or _under_home("/root/.cache/go-build", step))
    for name in manager.cache_env:
        moved = own.get(name) or step.env.get(name)
        if moved:
            below_it = manager.below_env
            return tuple(posixpath.join(moved, tail) for tail in below_it) or (moved,)
    if manager.name == "apt":
        return APT_DIRECTORIES
    # dnf 5 keeps its cache elsewhere than dnf 4.
    count = 2 if manager.name in ("poetry", "cargo", "dnf") else 1
    return tuple(_under_home(directory, step) for directory in manager.cache_dirs[:count])


def _under_home(directory: str, step: Step) -> str:
    home = step.env.get("HOME") or ("/root" if step.user in (None, "root", "0") else "")
    if directory.startswith("/root/") and home:
        return home.rstrip("/") + directory.removeprefix("/root")
    return directory


def is_covered(install: Install, step: Step) -> bool:
    """Whether some cache mount is on, above or in a directory that the manager may cache in.

    A target that a variable hides may be anywhere: it counts as covering.
    """
    directories = (*cache_directories(install, step), *install.manager.cache_dirs)
    for mount in step.caching_mounts():
        target = step.resolve(mount.target)
        if target is None or target.startswith("~"):
            return True
        tails = {directory.removeprefix("/root/") for directory in directories}
        if any(below(d, target) or below(target, d) for d in directories):
            return True
        if any(re.search(rf"(^|/){re.escape(tail)}(/|$)", target) for tail in tails if tail):
            return True
        if any(tail.startswith(target.strip("/").rpartition("/")[2] + "/") for tail in tails):
            return True
        if install.manager.compiles and target.rstrip("/").endswith(
            ("/target", "/.gradle", "/.m2")
        ):
            return True
    return False


def is_told_not_to_cache(install: Install, step: Step) -> str:
    """The flag or variable that tells a command to keep no cache; empty without one."""
    manager = install.manager
    for flag in install.flags:
        if flag.partition("=")[0] in manager.no_cache_flags:
            return flag
    env = {**step.env, **dict(install.command.assignments)}
    for name in manager.no_cache_env:
        if name in env and (env[name] is None or str(env[name]).lower() not in FALSE):
            return name
    return ""


def docker_clean_acts(stage: StageFacts, step: Step, facts: FileFacts) -> bool:
    """Whether apt deletes its downloads here because the base image's hook says so."""
    if facts.base_of(stage).family not in (Family.DEBIAN, Family.UBUNTU):
        return False
    key = ("unhooked", stage.stage.index)
    return step.index < facts.once(key, lambda: _unhooked_at(stage, facts))


def _unhooked_at(stage: StageFacts, facts: FileFacts) -> int:
    """The index of the first step of a stage that has the hook gone; behind the last for none."""
    for link in facts.chain(stage):
        for step in link.steps:
            instruction = step.instruction
            texts = (instruction.text, *(h.content for h in instruction.heredocs))
            told = any("docker-clean" in t or "Keep-Downloaded" in t for t in texts)
            if told or any("etc/apt/apt.conf" in t and "keep" in t.lower() for t in texts):
                return step.index if link is stage else -1
    return len(stage.steps)


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

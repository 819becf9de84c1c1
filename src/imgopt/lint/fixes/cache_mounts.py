"""Fixes that give an install a cache mount, and take back what would leave one empty."""

from __future__ import annotations

from imgopt.dockerfile.shell import Command
from imgopt.facts.caches import (
    LISTS,
    cache_directories,
    deletes,
    docker_clean_acts,
    is_covered,
    is_told_not_to_cache,
)
from imgopt.facts.copies import below
from imgopt.facts.file import FileFacts
from imgopt.facts.installs import Install
from imgopt.facts.steps import StageFacts, Step
from imgopt.lint.finding import Edit, Fix
from imgopt.lint.fixes.edits import (
    Edits,
    add_run_flags,
    prepend_command,
    remove_command,
    remove_words,
)

# What these managers download is not copied elsewhere: later commands use it where it lies.
_STORES = frozenset({"go", "cargo", "maven", "gradle", "dotnet"})
# Only what a base image sets tells where these keep their downloads.
_TOLD_BY = {"go": ("golang", ("GOPATH", "GOMODCACHE")), "cargo": ("rust", ("CARGO_HOME",))}


def mount_fix(install: Install, step: Step, stage: StageFacts, facts: FileFacts) -> Fix | None:
    """A cache mount for one install, where it is certain which one it needs."""
    manager = install.manager
    name = manager.name
    if not install.command.exact or name in ("apk", "yarn") or not _is_known(install, step, facts):
        return None
    directories = cache_directories(install, step)
    if any(not d.startswith("/") or "$" in d for d in directories):
        return None
    if any(below(p, d) or (below(d, p) and p != "/") for p in facts.copied_out_of(stage)
           for d in directories):  # fmt: skip
        return None
    options = _owner(step)
    if options is None:
        return None
    if name == "apt":
        options += ",sharing=locked"
    flags = [f"--mount=type=cache,target={d}{options}" for d in directories]
    edits: list[Edit] = []
    certain = stage.stage.base.stage is not None or facts.base_of(stage).runs_as_root
    for other in _users_of_store(install, step, stage, facts) if name in _STORES else (step,):
        edit = add_run_flags(facts.file, other.instruction, flags)
        if edit is None:
            return None
        edits.append(edit)
    wanted = (*directories, LISTS) if name == "apt" else directories
    undone = undo_defeats(install, step, stage, facts, wanted)
    if undone is None:
        return None
    edits += undone
    if name == "apt" and facts.in_final(stage) and docker_clean_acts(stage, step, facts):
        certain = False  # the hook is a file of the image
    if name in _STORES and not _closed_behind(step, stage, facts):
        certain = False
    description = f"add {' and '.join(f'a cache mount on {d}' for d in directories)}"
    return Fix("safe" if certain else "unsafe", description, tuple(edits))


def _owner(step: Step) -> str | None:
    """Options that make a cache mount writable for the user, None for a user without a number."""
    if step.user in (None, "", "root", "0", "0:0", "root:root"):
        return ""
    uid, _, gid = step.user.partition(":")
    if not uid.isdecimal() or (gid and not gid.isdecimal()) or not step.env.get("HOME"):
        return None
    return f",uid={uid}" + (f",gid={gid}" if gid else "")


def _is_known(install: Install, step: Step, facts: FileFacts) -> bool:
    """Whether the place of the cache does not hang on what the base image sets."""
    name = install.manager.name
    if name in _TOLD_BY:
        repository, variables = _TOLD_BY[name]
        bases = {facts.image(s.stage.base.text).repository for s in facts.stages}
        return repository in bases or any(step.env.get(v) for v in variables)
    if name == "pnpm":
        return bool(step.env.get("PNPM_HOME"))
    # Of the others, images differ in where they put it.
    return name not in ("gradle", "bundler", "composer", "zypper", "microdnf", "dnf", "yum")


def _users_of_store(
    install: Install, step: Step, stage: StageFacts, facts: FileFacts
) -> list[Step]:
    programs = install.manager.programs
    users = []
    for other in stage.steps[step.index :]:
        if other.instruction.keyword == "RUN" and not is_covered(install, other) and (
            other is step or any(c.name in programs for c in other.commands)
        ):  # fmt: skip
            users.append(other)
    return users


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
        if any(_is_opaque(c) for c in other.commands):
            return other.index
    return -1


def _is_opaque(command: Command) -> bool:
    """A program of the project's own, or one that runs others."""
    program = command.argv[0].value if command.argv else "/"
    return "/" in program or command.name in ("make", "sh", "bash", "")


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
    edits: list[Edit] = []
    for other in step.installs:
        if other.manager.name != install.manager.name:
            continue
        switch = is_told_not_to_cache(other, step)
        words = remove_words(other.command, [switch]) if switch.startswith("-") else ()
        if words is None or (switch and not words):
            return None
        edits += words
    keeps_archives = any(below("/var/cache/apt/archives", d) for d in directories)
    if install.manager.name == "apt" and keeps_archives and docker_clean_acts(stage, step, facts):
        hook = unhook(facts, step)
        if hook is None:
            return None
        edits.append(hook)
    for command in step.commands:
        text = command.plain
        cut: Edits | None = ()
        if _cleans(install, text):
            cut = remove_command(facts.file, step, command)
        elif command.name == "rm":
            cut = keep_directories(facts, step, command, directories)
        if cut is None:
            return None
        edits += cut
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


def unhook(facts: FileFacts, step: Step) -> Edit | None:
    """Let apt keep what it downloads: the way that BuildKit's documentation gives."""
    return prepend_command(facts.file, step, "rm -f /etc/apt/apt.conf.d/docker-clean")


def _cleans(install: Install, text: str) -> bool:
    if install.manager.name == "apt" and text.startswith(("apt-get clean", "apt clean")):
        return True
    return any(text.startswith(clean) for clean in install.manager.clean)

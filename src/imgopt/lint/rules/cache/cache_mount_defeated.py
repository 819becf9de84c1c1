"""IMG104: a cache mount that its own command leaves empty."""

from __future__ import annotations

from collections.abc import Iterator

from imgopt.facts.caches import (
    cache_directories,
    emptied_by,
    hook_acts,
    is_set_up,
    is_told_not_to_cache,
    mounted_on,
)
from imgopt.facts.file import FileFacts
from imgopt.facts.installs import Install
from imgopt.facts.steps import StageFacts, Step
from imgopt.lint.finding import Finding, Safety, Severity
from imgopt.lint.fixes.cache_mounts import undo_defeats
from imgopt.lint.fixes.edits import add_words, safe, unsafe
from imgopt.lint.rule import Rule


class CacheMountDefeated(Rule):
    id = "IMG104"
    name = "cache-mount-defeated"
    severity = Severity.WARNING
    summary = "A command leaves its own cache mount empty"
    fixable = Safety.SAFE

    def check_stage(self, stage: StageFacts, facts: FileFacts) -> Iterator[Finding]:
        for step in stage.runs():
            if not any(m.type == "cache" for m in step.mounts):
                continue
            seen: set[str] = set()
            for install in step.installs:
                mounted = _mounted(install, step)
                if not mounted or install.manager.name in seen:
                    continue
                finding = self._check(install, step, stage, facts, mounted)
                if finding:
                    seen.add(install.manager.name)
                    yield finding

    def _check(
        self,
        install: Install,
        step: Step,
        stage: StageFacts,
        facts: FileFacts,
        mounted: tuple[str, ...],
    ) -> Finding | None:
        manager, setup = install.manager, install.manager.cache.setup
        hooked = hook_acts(manager, mounted, stage, step, facts)
        span, behind = install.command.span, install.position
        switch = is_told_not_to_cache(install, step)
        if switch:
            message = (
                f"{switch} tells {manager.name} to keep no cache, so the mount on "
                f"{mounted[0]} stays empty. Remove it: what is on a mount is not in the image."
            )
        elif removed := _removed(install, mounted, step):
            index, directory = removed
            span = step.commands[index].span
            message = (
                f"this deletes what the cache mount on {directory} keeps: the next build "
                f"fetches it again. Nothing on a mount is in the image; leave it."
            )
        elif hooked and manager.hook:
            message = (
                f"the base image's {manager.hook.file} makes {manager.name} delete its downloads, "
                f"so the mount on {manager.cache.places[0].path} stays empty. Remove that file "
                f"before the install."
            )
        elif setup and setup.flag and not is_set_up(install, step, stage, facts):
            message = (
                f"{manager.name} deletes the packages that it has installed, so the mount on "
                f"{mounted[0]} keeps only its metadata. Add {setup.flag}."
            )
            mend = safe(f"add {setup.flag}", add_words(install.command, setup.flag, behind))
            return self.finding(facts, span, message, stage.label, mend)
        else:
            return None
        # The hook is a file of the image, and a mount that needs more is not mended by this alone.
        risky = setup is not None or (hooked and facts.in_final(stage))
        make = unsafe if risky else safe
        mend = make("let the cache fill up", undo_defeats(install, step, stage, facts, mounted))
        return self.finding(facts, span, message, stage.label, mend)


def _mounted(install: Install, step: Step) -> tuple[str, ...]:
    """The cache directories of a command, and parts of them, that a cache mount covers."""
    wanted = (*cache_directories(install, step), *install.manager.cache.parts)
    mounts = [m for m in step.mounts if m.type == "cache"]
    return tuple(d for d in wanted if any(mounted_on(m, step, d) for m in mounts))


def _removed(install: Install, directories: tuple[str, ...], step: Step) -> tuple[int, str] | None:
    """The first command that leaves nothing in one of these directories, and which one."""
    for directory in directories:
        for index in emptied_by(install.manager, directory, step):
            return index, directory
    return None

"""IMG104: a cache mount that its own command leaves empty."""

from __future__ import annotations

from collections.abc import Iterator

from imgopt.facts.caches import (
    APT_DIRECTORIES,
    LISTS,
    cache_directories,
    docker_clean_acts,
    is_told_not_to_cache,
    mounted_on,
    removals,
)
from imgopt.facts.copies import below
from imgopt.facts.file import FileFacts
from imgopt.facts.installs import Install
from imgopt.facts.steps import StageFacts, Step
from imgopt.lint.finding import Finding
from imgopt.lint.fixes.cache_mounts import undo_defeats
from imgopt.lint.fixes.edits import safe, unsafe
from imgopt.lint.rule import Rule


class CacheMountDefeated(Rule):
    id = "IMG104"
    name = "cache-mount-defeated"
    category = "cache"
    severity = "warning"
    summary = "A cache mount that its own command leaves empty"
    fixable = "safe"

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
        hooked = docker_clean_acts(stage, step, facts) and any(
            below("/var/cache/apt/archives", d) for d in mounted
        )
        # The hook is a file of the image, and apk's mount works in its own way.
        risky = install.manager.name == "apk" or (
            install.manager.name == "apt" and hooked and facts.in_final(stage)
        )
        make = unsafe if risky else safe
        mend = make("let the cache fill up", undo_defeats(install, step, stage, facts, mounted))
        switch = is_told_not_to_cache(install, step)
        if switch:
            message = (
                f"{switch} tells {install.manager.name} to keep no cache, so the mount on "
                f"{mounted[0]} stays empty. Take it away: what is on a mount is not in the image."
            )
            return self.finding(facts, install.command.span, message, stage.label, mend)
        for directory in mounted:
            for index in removals(step, directory):
                command = step.commands[index]
                message = (
                    f"this deletes what the cache mount on {directory} keeps: the next build "
                    f"fetches it again. Nothing on a mount is in the image; leave it."
                )
                return self.finding(facts, command.span, message, stage.label, mend)
        if install.manager.name != "apt" or not hooked:
            return None
        message = (
            "the base image's /etc/apt/apt.conf.d/docker-clean makes apt delete its downloads, so "
            "the mount on /var/cache/apt stays empty. Remove that file before the install."
        )
        return self.finding(facts, install.command.span, message, stage.label, mend)


def _mounted(install: Install, step: Step) -> tuple[str, ...]:
    """The cache directories of a command that a cache mount covers; apt's lists by themselves."""
    wanted = cache_directories(install, step)
    if install.manager.name == "apt":
        wanted = (*APT_DIRECTORIES, LISTS, "/var/cache/apt/archives")
    mounts = [m for m in step.mounts if m.type == "cache"]
    return tuple(d for d in wanted if any(mounted_on(m, step, d) for m in mounts))

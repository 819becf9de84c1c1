"""IMG103: a cache mount stands where the command does not keep its cache."""

from __future__ import annotations

import re
from collections.abc import Iterator

from imgopt.dockerfile.stages import Mount
from imgopt.facts.caches import cache_directories, environment
from imgopt.facts.copies import below
from imgopt.facts.file import FileFacts
from imgopt.facts.installs import Install
from imgopt.facts.steps import StageFacts, Step
from imgopt.lint.finding import Finding, Fix, Safety, Severity
from imgopt.lint.fixes.edits import safe, set_mount_options
from imgopt.lint.rule import Rule


class CacheMountMisses(Rule):
    id = "IMG103"
    name = "cache-mount-misses"
    severity = Severity.WARNING
    summary = "A cache mount is not where the command keeps its cache"
    fixable = Safety.SAFE

    def check_stage(self, stage: StageFacts, facts: FileFacts) -> Iterator[Finding]:
        for step in stage.runs():
            for mount in step.mounts:
                if mount.type != "cache" or not step.commands:
                    continue
                finding = self._check(mount, step, stage, facts)
                if finding:
                    yield finding

    def _check(
        self, mount: Mount, step: Step, stage: StageFacts, facts: FileFacts
    ) -> Finding | None:
        target = step.resolve(mount.target)
        if not target or not target.startswith("/"):
            return None
        install = next((i for i in step.installs if _is_meant_for(i, target)), None)
        if install is None:
            return None
        mend: Fix | None = None
        kept = _certain(install, step, stage, facts)
        if kept is None:
            if not below(target, "/root") or step.state.may_be_root or step.env.get("HOME"):
                return None
            message = (
                f"the mount is on {target}, but USER {step.user} runs `{install.shown}`, whose "
                f"cache is in that user's home: nothing is kept between builds. Put the mount "
                f"there, with uid= of the user."
            )
        elif _is_hit(target, kept, step):
            return None
        else:
            message = (
                f"`{install.shown}` keeps its cache in {kept[0]}, not in {target}: nothing is "
                f"kept between builds."
            )
            if not any(k in mount.options for k in ("dst", "destination")):
                edit = set_mount_options(step, mount.target, {"target": kept[0]})
                mend = safe(f"mount {kept[0]}", edit)
        return self.finding(facts, mount.flag.span, message, stage.label, mend)


def _is_meant_for(install: Install, target: str) -> bool:
    """Whether a mount's target ends as the manager's cache does in a home directory."""
    tail = install.manager.cache.home_tail
    return bool(tail and re.search(rf"(^|/){re.escape(tail)}(/|$)", target))


def _is_hit(target: str, kept: tuple[str, ...], step: Step) -> bool:
    """Whether the mount or another one of the RUN is where the cache is kept."""
    if any(below(target, d) or below(d, target) for d in kept):
        return True
    targets = (step.resolve(mount.target) for mount in step.caching_mounts())
    return any(below(t, d) for t in targets if t for d in kept)


def _certain(
    install: Install, step: Step, stage: StageFacts, facts: FileFacts
) -> tuple[str, ...] | None:
    """The cache directories where nothing outside the file can move them."""
    cache = install.manager.cache
    env = environment(install, step)
    told = any(env.get(name) for name in cache.variables) or any(
        word.partition("=")[0] in cache.flags for word in install.command.args
    )
    if any(name in step.env and step.env[name] is None for name in (*cache.variables, "HOME")):
        return None
    base = facts.base_of(stage)
    at_home = step.env.get("HOME") or (step.state.may_be_root and base.runs_as_root)
    if not told and not at_home:
        return None
    found = cache_directories(install, step)
    return found if all(d.startswith("/") and "$" not in d for d in found) else None

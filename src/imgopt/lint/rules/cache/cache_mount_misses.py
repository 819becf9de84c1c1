"""IMG103: a cache mount stands where the command does not keep its cache."""

from __future__ import annotations

import re
from collections.abc import Iterator

from imgopt.dockerfile.stages import Mount
from imgopt.facts.caches import cache_directories
from imgopt.facts.copies import below
from imgopt.facts.file import FileFacts
from imgopt.facts.installs import Install
from imgopt.facts.steps import StageFacts, Step
from imgopt.lint.finding import Finding
from imgopt.lint.fixes.edits import safe, set_mount_option
from imgopt.lint.rule import Rule

# Managers whose cache follows the home directory or one variable, and the tail of its path.
_TAILS = {
    "pip": ".cache/pip",
    "uv": ".cache/uv",
    "npm": ".npm",
    "poetry": ".cache/pypoetry",
    "pdm": ".cache/pdm",
    "pipenv": ".cache/pipenv",
    "bun": ".bun/install/cache",
}
_ROOT = (None, "", "root", "0", "0:0", "root:root")


class CacheMountMisses(Rule):
    id = "IMG103"
    name = "cache-mount-misses"
    category = "cache"
    severity = "warning"
    summary = "A cache mount is not where the command keeps its cache"
    fixable = "safe"

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
        for install in step.installs:
            tail = _TAILS.get(install.manager.name)
            if tail is None or not re.search(rf"(^|/){re.escape(tail)}(/|$)", target):
                continue
            kept = _certain(install, step, stage, facts)
            if kept is None:
                if not _is_roots(target) or step.user in _ROOT or step.env.get("HOME"):
                    return None
                message = (
                    f"the mount is on {target}, but USER {step.user} runs `{install.shown}`, whose "
                    f"cache is in that user's home: nothing is kept between builds. Put the mount "
                    f"there, with uid= of the user."
                )
                return self.finding(facts, mount.flag.span, message, stage.label)
            if any(below(target, d) or below(d, target) for d in kept):
                return None
            if any(below(t, d) for d in kept for m in step.caching_mounts()
                   if (t := step.resolve(m.target))):  # fmt: skip
                return None
            message = (
                f"`{install.shown}` keeps its cache in {kept[0]}, not in {target}: nothing is "
                f"kept between builds."
            )
            mend = safe(f"mount {kept[0]}", set_mount_option(step, mount.target, "target", kept[0]))
            if any(k in mount.options for k in ("dst", "destination")):
                mend = None
            return self.finding(facts, mount.flag.span, message, stage.label, mend)
        return None


def _is_roots(path: str) -> bool:
    return below(path, "/root")


def _certain(
    install: Install, step: Step, stage: StageFacts, facts: FileFacts
) -> tuple[str, ...] | None:
    """The cache directories where nothing outside the file can move them."""
    own = dict(install.command.assignments)
    names = install.manager.cache_env
    told = any(own.get(n) or step.env.get(n) for n in names) or any(
        word.partition("=")[0] in install.manager.cache_flags for word in install.command.args
    )
    if any(name in step.env and step.env[name] is None for name in (*names, "HOME")):
        return None
    base = facts.base_of(stage)
    at_home = step.env.get("HOME") or (step.user in _ROOT and base.runs_as_root)
    if not told and not at_home:
        return None
    found = cache_directories(install, step)
    return found if all(d.startswith("/") and "$" not in d for d in found) else None

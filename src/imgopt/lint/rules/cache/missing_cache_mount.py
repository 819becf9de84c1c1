"""IMG102: a package manager downloads or compiles without a cache mount."""

from __future__ import annotations

import re
from collections.abc import Iterator

from imgopt.dockerfile.packages import Install
from imgopt.lint.copies import below
from imgopt.lint.facts import FileFacts, StageFacts, Step
from imgopt.lint.finding import Finding
from imgopt.lint.rule import Rule

_OFFLINE = ("--offline", "--no-index", "--no-download", "--prefer-offline-only", "-o", "--vendored")


class MissingCacheMount(Rule):
    id = "IMG102"
    name = "missing-cache-mount"
    category = "cache"
    severity = "warning"
    summary = "A package manager runs without a cache mount on its cache directory"

    def check_stage(self, stage: StageFacts, facts: FileFacts) -> Iterator[Finding]:
        if stage.stage.index not in facts.graph.needed(facts.targets):
            return
        for step in stage.runs():
            seen: set[str] = set()
            for install in step.installs:
                name = install.manager.name
                if name in seen or _offline(install) or _covered(install, step):
                    continue
                if name == "go" and not _go_matters(install, step, stage, facts):
                    continue
                seen.add(name)
                message = (
                    f"`{install.shown}` keeps no downloads between builds: when this line runs "
                    f"again, it fetches everything again. Add --mount=type=cache,target="
                    f"{cache_directory(install, step)}{',sharing=locked' if name == 'apt' else ''}."
                )
                yield self.finding(facts, install.command.span, message, stage.label)


def cache_directory(install: Install, step: Step) -> str:
    """Where this command keeps its downloads, given flags and environment."""
    manager = install.manager
    for word, following in zip(install.command.args, (*install.command.args[1:], ""), strict=True):
        key, equals, value = word.partition("=")
        if key in manager.cache_flags:
            return value if equals else following
    own = dict(install.command.assignments)
    for name in manager.cache_env:
        moved = own.get(name) or step.env.get(name)
        if moved:
            return moved
    home = step.env.get("HOME") or ("/root" if step.user in (None, "root", "0") else "")
    default = manager.cache_dirs[0]
    if default.startswith("/root/") and home:
        return home.rstrip("/") + default.removeprefix("/root")
    return default


def _covered(install: Install, step: Step) -> bool:
    """Whether some cache mount is on, above or in a directory that the manager caches in.

    A target that a variable hides may be anywhere: it counts as covering.
    """
    directories = (cache_directory(install, step), *install.manager.cache_dirs)
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


def _offline(install: Install) -> bool:
    if install.has_flag(*_OFFLINE) and install.manager.name not in ("apt",):
        return True
    if install.manager.name == "pip" and install.action == "install":
        return install.has_flag("--no-deps") and install.has_flag("--no-build-isolation")
    local = install.packages and all(p.startswith(("./", "/")) for p in install.packages)
    return install.manager.system and bool(local) and install.manager.name == "apt"


def _go_matters(install: Install, step: Step, stage: StageFacts, facts: FileFacts) -> bool:
    """`go build` behind a `go mod download`, or with vendored modules, downloads nothing."""
    if install.action != "build":
        return True
    if any("-mod=vendor" in flag for flag in install.flags):
        return False
    return not any(
        other.manager.name == "go" and other.action == "mod download"
        for earlier in (*facts.steps_before(stage, step), step)
        for other in earlier.installs
    )

"""IMG102: a package manager downloads or compiles without a cache mount."""

from __future__ import annotations

from collections.abc import Iterator

from imgopt.facts.caches import cache_directories, is_covered
from imgopt.facts.file import FileFacts
from imgopt.facts.installs import Install
from imgopt.facts.steps import StageFacts, Step
from imgopt.lint.finding import Finding
from imgopt.lint.fixes.cache_mounts import mount_fix
from imgopt.lint.rule import Rule

_OFFLINE = ("--offline", "--no-index", "--no-download", "--prefer-offline-only", "-o", "--vendored")


class MissingCacheMount(Rule):
    id = "IMG102"
    name = "missing-cache-mount"
    category = "cache"
    severity = "warning"
    summary = "A package manager runs without a cache mount on its cache directory"
    fixable = "safe"

    def check_stage(self, stage: StageFacts, facts: FileFacts) -> Iterator[Finding]:
        if stage.stage.index not in facts.needed:
            return
        for step in stage.runs():
            seen: set[str] = set()
            for install in step.installs:
                name = install.manager.name
                if name in seen or _offline(install) or is_covered(install, step):
                    continue
                if name == "go" and not _go_matters(install, step, stage, facts):
                    continue
                seen.add(name)
                targets = " ".join(
                    f"--mount=type=cache,target={d}{',sharing=locked' if name == 'apt' else ''}"
                    for d in cache_directories(install, step)
                )
                message = (
                    f"`{install.shown}` keeps no downloads between builds: when this line runs "
                    f"again, it fetches everything again. Add {targets}."
                )
                mend = mount_fix(install, step, stage, facts)
                yield self.finding(facts, install.command.span, message, stage.label, mend)


def _offline(install: Install) -> bool:
    if install.has_flag(*_OFFLINE) and install.manager.name not in ("apt",):
        return True
    if install.manager.name == "pip" and install.action == "install":
        return install.has_flag("--no-deps") and install.has_flag("--no-build-isolation")
    local = install.packages and all(p.startswith(("./", "/")) for p in install.packages)
    return install.manager.system and bool(local) and install.manager.name == "apt"


def _go_matters(install: Install, step: Step, stage: StageFacts, facts: FileFacts) -> bool:
    """`go build` behind a `go mod download` into the layer, or with vendored modules, downloads
    nothing."""
    if install.action != "build":
        return True
    if any("-mod=vendor" in flag for flag in install.flags):
        return False
    if any(i.action == "mod download" and i.manager.name == "go" for i in step.installs):
        return False
    key = ("modules", stage.stage.index)
    return step.index < facts.once(key, lambda: _modules_from(stage, facts))


def _modules_from(stage: StageFacts, facts: FileFacts) -> int:
    """The index of the first step of a stage that has the modules in a layer."""
    for link in facts.chain(stage):
        for step in link.steps:
            for install in step.installs:
                if install.manager.name != "go" or install.action != "mod download":
                    continue
                if not is_covered(install, step):
                    return step.index if link is stage else -1
    return len(stage.steps)

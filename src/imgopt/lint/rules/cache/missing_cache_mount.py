"""IMG102: a package manager downloads or compiles without a cache mount."""

from __future__ import annotations

from collections.abc import Iterator

from imgopt.dockerfile.packages import Install
from imgopt.lint.caches import cache_directories, is_covered, mount_fix
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
    return not any(
        other.manager.name == "go"
        and other.action == "mod download"
        and (earlier is step or not is_covered(other, earlier))
        for earlier in (*facts.steps_before(stage, step), step)
        for other in earlier.installs
    )

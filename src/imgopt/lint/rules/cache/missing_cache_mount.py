"""IMG102: a package manager downloads or compiles without a cache mount."""

from __future__ import annotations

from collections.abc import Iterator

from imgopt.facts.caches import cache_directories, is_covered, is_set_up, is_told_not_to_cache
from imgopt.facts.downloads import downloads
from imgopt.facts.file import FileFacts
from imgopt.facts.installs import Install, new_ones_first
from imgopt.facts.steps import StageFacts, Step
from imgopt.lint.finding import Finding, Safety, Severity
from imgopt.lint.fixes.cache_mounts import mount_fix, mount_flags
from imgopt.lint.rule import Rule


class MissingCacheMount(Rule):
    id = "IMG102"
    name = "missing-cache-mount"
    severity = Severity.WARNING
    summary = "A package manager runs without a cache mount on its cache directory"
    fixable = Safety.SAFE

    def check_stage(self, stage: StageFacts, facts: FileFacts) -> Iterator[Finding]:
        if stage.stage.index not in facts.needed:
            return
        for step in stage.runs():
            seen: set[str] = set()
            for install in new_ones_first(step.installs):
                name = install.manager.name
                if name in seen or is_covered(install, step):
                    continue
                if not downloads(install, step, stage, facts):
                    continue
                advice = _advice(install, step, stage, facts)
                if not advice:
                    continue
                seen.add(name)
                message = (
                    f"`{install.shown}` keeps no downloads between builds: when this line runs "
                    f"again, it fetches everything again. Add {advice}."
                )
                mend = mount_fix(install, step, stage, facts)
                yield self.finding(facts, install.command.span, message, stage.label, mend)


def _advice(install: Install, step: Step, stage: StageFacts, facts: FileFacts) -> str:
    """What keeps the downloads; empty where nothing does, or nobody knows where they are."""
    directories = cache_directories(install, step)
    if "" in directories:
        return ""
    if any(directory.startswith("~") for directory in directories):
        who = step.user_of(install.command) or "another user"
        return (
            f"a cache mount on {' and '.join(d.removeprefix('~/') for d in directories)} in the "
            f"home of {who}, with uid= of that user"
        )
    flags = " ".join(mount_flags(install, step))
    setup = install.manager.cache.setup
    if setup is None:
        return flags
    if is_told_not_to_cache(install, step):
        return ""
    if is_set_up(install, step, stage, facts):
        return flags
    if not setup.flag:
        return ""
    name = install.manager.name
    return f"{flags} and {setup.flag}, without which {name} deletes what it has fetched"

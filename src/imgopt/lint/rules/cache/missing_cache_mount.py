"""IMG102: a package manager downloads or compiles without a cache mount."""

from __future__ import annotations

from collections.abc import Iterator

from imgopt.facts.caches import cache_directories, is_set_up
from imgopt.facts.downloads import without_mounts
from imgopt.facts.file import FileFacts
from imgopt.facts.installs import Install
from imgopt.facts.steps import StageFacts, Step
from imgopt.lint.finding import Finding, Safety, Severity
from imgopt.lint.fixes.cache_mounts import mount_advice, mount_fix, mount_flags
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
            for install in without_mounts(step, stage, facts):
                does, again = "keeps no downloads", "fetches"
                if len(cache_directories(install, step)) > len(install.manager.cache.places):
                    does, again = (
                        "keeps neither downloads nor compiled parts",
                        "fetches and compiles",
                    )
                message = (
                    f"`{install.shown}` {does} between builds: when this line runs again, it "
                    f"{again} everything again. Add {_advice(install, step, stage, facts)}."
                )
                mend = mount_fix(install, step, stage, facts)
                yield self.finding(facts, install.command.span, message, stage.label, mend)


def _advice(install: Install, step: Step, stage: StageFacts, facts: FileFacts) -> str:
    """What keeps the downloads."""
    directories = cache_directories(install, step)
    if "" in directories:
        called = dict.fromkeys(place.called for place in install.manager.cache.places)
        return f"a cache mount on {' and one on '.join(called)}"
    advice = mount_advice(directories, mount_flags(install, step), install.command, step)
    setup = install.manager.cache.setup
    if setup is None or is_set_up(install, step, stage, facts):
        return advice
    name = install.manager.name
    return f"{advice} and {setup.flag}, without which {name} deletes what it has fetched"

"""IMG102: a package manager downloads or compiles without a cache mount."""

from __future__ import annotations

from collections.abc import Iterator

from imgopt.facts.caches import is_covered
from imgopt.facts.downloads import downloads
from imgopt.facts.file import FileFacts
from imgopt.facts.steps import StageFacts
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
            for install in step.installs:
                name = install.manager.name
                if name in seen or is_covered(install, step):
                    continue
                if not downloads(install, step, stage, facts):
                    continue
                seen.add(name)
                message = (
                    f"`{install.shown}` keeps no downloads between builds: when this line runs "
                    f"again, it fetches everything again. Add "
                    f"{' '.join(mount_flags(install, step))}."
                )
                mend = mount_fix(install, step, stage, facts)
                yield self.finding(facts, install.command.span, message, stage.label, mend)

"""IMG105: an apt cache mount that two builds may write at once."""

from __future__ import annotations

from collections.abc import Iterator

from imgopt.facts.caches import APT_DIRECTORIES
from imgopt.facts.commands import APT
from imgopt.facts.copies import below
from imgopt.facts.file import FileFacts
from imgopt.facts.steps import StageFacts
from imgopt.lint.finding import Finding
from imgopt.lint.fixes.edits import safe, set_mount_option
from imgopt.lint.rule import Rule


class AptCacheMountUnlocked(Rule):
    id = "IMG105"
    name = "apt-cache-mount-unlocked"
    category = "cache"
    severity = "warning"
    fixable = "safe"
    summary = "An apt cache mount without sharing=locked"

    def check_stage(self, stage: StageFacts, facts: FileFacts) -> Iterator[Finding]:
        for step in stage.runs():
            uses_apt = any(c.name in APT for c in step.commands)
            for mount in step.mounts if uses_apt else ():
                target = step.resolve(mount.target)
                if mount.type != "cache" or not target:
                    continue
                if not any(below(target, d) for d in APT_DIRECTORIES):
                    continue
                if mount.options.get("sharing", "shared") not in ("locked", "private"):
                    message = (
                        f"apt locks {target}: of two builds at once, one fails. Add sharing=locked."
                    )
                    edit = set_mount_option(step, mount.target, "sharing", "locked")
                    mend = safe("add sharing=locked", edit)
                    yield self.finding(facts, mount.flag.span, message, stage.label, mend)

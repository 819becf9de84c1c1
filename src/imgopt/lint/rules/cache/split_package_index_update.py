"""IMG108: `apt-get update` in another RUN than the install that uses it."""

from __future__ import annotations

from collections.abc import Iterator

from imgopt.dockerfile.shell import Command
from imgopt.lint.facts import FileFacts, StageFacts, Step
from imgopt.lint.finding import Finding
from imgopt.lint.rule import Rule


class SplitPackageIndexUpdate(Rule):
    id = "IMG108"
    name = "split-package-index-update"
    category = "cache"
    severity = "warning"
    summary = "apt-get update stands in another RUN than the install that uses it"

    def check_stage(self, stage: StageFacts, facts: FileFacts) -> Iterator[Finding]:
        steps = [step for step in stage.runs() if step.script and step.script.ok]
        for position, step in enumerate(steps):
            update = apt_update(step)
            if update is None or _installs_with_apt(step):
                continue
            user = next((s for s in steps[position + 1 :] if _depends(s)), None)
            if user is None:
                continue
            line = user.instruction.line
            message = (
                f"the package index is fetched here and used by the install in line {line}: "
                f"BuildKit caches this line for ever, so a later install meets an old index and "
                f"fails or installs old packages. Put both into one RUN."
            )
            yield self.finding(facts, update.span, message, stage.label)


def apt_update(step: Step) -> Command | None:
    """The first `apt-get update` of a RUN."""
    for command in step.commands:
        if command.name in ("apt-get", "apt", "aptitude") and "update" in command.args:
            return command
    return None


def _installs_with_apt(step: Step) -> bool:
    upgrades = any(
        c.name in ("apt-get", "apt") and {"upgrade", "dist-upgrade", "full-upgrade"} & set(c.args)
        for c in step.commands
    )
    return upgrades or any(i.manager.name == "apt" for i in step.installs)


def _depends(step: Step) -> bool:
    return any(i.manager.name == "apt" for i in step.installs) and apt_update(step) is None

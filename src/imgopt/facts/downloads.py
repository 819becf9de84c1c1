"""Facts about what an install has to download: nothing when it is offline, or all is there."""

from __future__ import annotations

from itertools import takewhile

from imgopt.facts.caches import is_covered
from imgopt.facts.file import FileFacts
from imgopt.facts.installs import PACKAGES, Install
from imgopt.facts.managers import Manager
from imgopt.facts.steps import StageFacts, Step


def downloads(install: Install, step: Step, stage: StageFacts, facts: FileFacts) -> bool:
    """Whether a command fetches anything from the network, as far as the file tells."""
    return not is_offline(install) and not _finds_all(install, step, stage, facts)


def is_told_offline(install: Install) -> bool:
    """Whether a command's flags keep it from the network."""
    offline = install.manager.offline
    if install.has_flag(*offline.flags):
        return True
    return bool(offline.together) and all(install.has_flag(flag) for flag in offline.together)


def is_offline(install: Install) -> bool:
    """Whether a command's own words say that it downloads nothing."""
    offline = install.manager.offline
    if is_told_offline(install):
        return True
    if not install.packages or not all(p.startswith(("./", "/")) for p in install.packages):
        return False
    return install.manager.system or any(
        install.has_flag(flag) and all(path.endswith(suffix) for path in install.packages)
        for flag, suffix in offline.archives
    )


def _finds_all(install: Install, step: Step, stage: StageFacts, facts: FileFacts) -> bool:
    """Whether an install of the dependencies or the project, before it, left in a layer all that
    it needs."""
    manager = install.manager
    if not install.does.reuses:
        return False
    before = takewhile(lambda other: other is not install, step.installs)
    if any(_brings_all(other, manager) for other in before):
        return True
    key = (f"downloaded {manager.name}", stage.stage.index)
    return step.index > facts.once(key, lambda: _downloaded_at(manager, stage, facts))


def _brings_all(install: Install, manager: Manager) -> bool:
    return install.manager.name == manager.name and install.kind != PACKAGES


def _downloaded_at(manager: Manager, stage: StageFacts, facts: FileFacts) -> int:
    """The index of the first step of a stage that has a manager's downloads in a layer."""
    for link in facts.chain(stage):
        for step in link.steps:
            for install in step.installs:
                if _brings_all(install, manager) and not is_covered(install, step):
                    return step.index if link is stage else -1
    return len(stage.steps)

"""Facts about what an install has to download: nothing when it is offline, or all is there."""

from __future__ import annotations

import posixpath
from itertools import takewhile

from imgopt.facts.caches import (
    cache_directories,
    is_covered,
    is_lost,
    is_set_up,
    is_told_not_to_cache,
)
from imgopt.facts.copies import in_context
from imgopt.facts.file import FileFacts
from imgopt.facts.installs import PACKAGES, PROJECT, Install, new_ones_first
from imgopt.facts.managers import Manager
from imgopt.facts.steps import StageFacts, Step


def without_mounts(step: Step, stage: StageFacts, facts: FileFacts) -> list[Install]:
    """The installs of a RUN, one a manager, that download what no mount keeps and one could."""
    found: dict[str, Install] = {}
    for install in new_ones_first(step.installs):
        if install.manager.name in found or is_covered(install, step):
            continue
        if downloads(install, step, stage, facts) and _could_keep(install, step, stage, facts):
            found[install.manager.name] = install
    return list(found.values())


def _could_keep(install: Install, step: Step, stage: StageFacts, facts: FileFacts) -> bool:
    """Whether it is known where a mount has to be, and what it needs beside it."""
    cache = install.manager.cache
    if "" in cache_directories(install, step) and not all(place.called for place in cache.places):
        return False
    if is_lost(install, step, stage, facts):
        return False
    setup = cache.setup
    if setup is None:
        return True
    if is_told_not_to_cache(install, step):
        return False
    return bool(setup.flag) or is_set_up(install, step, stage, facts)


def downloads(install: Install, step: Step, stage: StageFacts, facts: FileFacts) -> bool:
    """Whether a command fetches anything from the network, as far as the file tells."""
    if is_offline(install) or _is_in_project(install, step, stage, facts):
        return False
    return not _finds_all(install, step, stage, facts)


def is_told_offline(install: Install) -> bool:
    """Whether a command's flags or variables keep it from the network."""
    offline = install.manager.offline
    if install.is_unplugged or install.has_flag(*offline.flags):
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


def _is_in_project(install: Install, step: Step, stage: StageFacts, facts: FileFacts) -> bool:
    """Whether the project brings all dependencies in a folder of its own, which is used."""
    offline, context = install.manager.offline, facts.context
    folder = step.folder(install.command)
    if not offline.folder or context is None or folder is None:
        return False
    if install.kind != PROJECT or install.has_flag(*offline.ignores_folder):
        return False
    place = in_context(folder, stage.steps[: step.index], context)
    return place is not None and context.exists(posixpath.join(place, offline.folder))


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

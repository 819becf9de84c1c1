"""Facts about development dependencies: what declares them, what leaves them out, where they come
to lie."""

from __future__ import annotations

import fnmatch
import posixpath
import re
from typing import Any

from imgopt.documents import parse_json, parse_toml
from imgopt.facts.caches import environment
from imgopt.facts.copies import below, in_context
from imgopt.facts.file import FileFacts
from imgopt.facts.installs import Install
from imgopt.facts.managers import Managers
from imgopt.facts.managers.model import Declared, Manager, Production
from imgopt.facts.purpose import is_development_name
from imgopt.facts.steps import StageFacts, Step


def development_files(install: Install) -> list[str]:
    """The requirements files of an install that are for development by their names."""
    return [file for file in install.files if is_development_name(posixpath.basename(file))]


def leaves_out(
    install: Install, production: Production, step: Step, stage: StageFacts, facts: FileFacts
) -> bool:
    """Whether flags, variables or settings leave development dependencies out."""
    if install.has_flag(*production.flags):
        return True
    for name, value in environment(install, step).items():
        if any(fnmatch.fnmatchcase(name, p) or f"{name}={value}" == p for p in production.env):
            return True
    if not production.settings:
        return False
    if any(word in c.text for word in production.settings for c in step.commands):
        return True
    key = (f"production of {install.manager.name}", stage.stage.index)
    return step.index > facts.once(key, lambda: _set_at(install.manager, production, stage, facts))


def _set_at(manager: Manager, production: Production, stage: StageFacts, facts: FileFacts) -> int:
    """The index of the first step of a stage in which the manager's own configuration leaves
    development dependencies out; behind the last for none."""
    for link in facts.chain(stage):
        for step in link.steps:
            texts = [c.text for c in step.commands if manager.is_program(c.name)]
            if any(word in text for word in production.settings for text in texts):
                return step.index if link is stage else -1
    return len(stage.steps)


def may_declare(
    install: Install, production: Production, step: Step, stage: StageFacts, facts: FileFacts
) -> bool:
    """False only when a manifest on disk shows that there are no development dependencies."""
    declared, context = production.declared, facts.context
    if context is None or declared is None:
        return True
    folder = step.folder(install.command)
    steps = stage.steps[: step.index]
    copied = in_context(posixpath.join(folder, declared.file), steps, context) if folder else None
    for path in (copied, declared.file, f"{install.command.cwd or '.'}/{declared.file}"):
        told = _declares(declared, context.read_text(path)) if path else None
        if told is not None:
            return told
    # Where none is found, or none that tells, it may be another project than the one that is built.
    return copied is not None and context.exists(copied)


def _declares(declared: Declared, text: str | None) -> bool | None:
    """Whether a manifest names development dependencies; None where it does not tell."""
    if declared.pattern:
        return None if text is None else bool(re.search(declared.pattern, text))
    data = _read(declared, text)
    if data is None or any(_value(data, key) for key in declared.unless):
        return None
    return any(_value(data, key) for key in declared.keys)


def _read(declared: Declared, text: str | None) -> dict[str, Any] | None:
    try:
        is_toml = declared.file.endswith(".toml")
        data = parse_toml(text or "") if is_toml else parse_json(text or "")
    except ValueError:
        return None
    return data if text is not None and isinstance(data, dict) else None


def _value(data: dict[str, Any], key: str) -> object:
    """What stands under a key with dots."""
    found: object = data
    for name in key.split("."):
        found = found.get(name) if isinstance(found, dict) else None
    return found


def reaches_image(install: Install, step: Step, stage: StageFacts, facts: FileFacts) -> bool:
    """Whether what an install brings is in a final stage, and nothing later prunes it."""
    if not facts.in_final(stage):
        places = landing_places(install, step)
        copied = facts.copied_out_of(stage)
        if not any(below(place, path) for place in places for path in copied):
            return False
    return not _is_pruned(install.manager, stage, step, facts)


def landing_places(install: Install, step: Step) -> list[str]:
    """The absolute directories that installed packages come to lie in."""
    lands, folder = install.manager.lands, step.folder(install.command)
    told = next((value for name in lands.variables if (value := step.env.get(name))), None)
    places = (told,) if told else lands.places
    return [
        posixpath.join(folder or "/", place)
        for place in places
        if folder is not None or place.startswith("/")
    ]


def _is_pruned(manager: Manager, stage: StageFacts, step: Step, facts: FileFacts) -> bool:
    """Whether a later command of the stage removes development dependencies again."""
    key = (f"pruned {manager.name}", stage.stage.index)
    same, later = facts.once(key, lambda: _prunes(manager, stage, facts.managers))
    return same >= step.index or later > step.index


def _prunes(manager: Manager, stage: StageFacts, managers: Managers) -> tuple[int, int]:
    """The last step that prunes, be it in its own RUN, and the last that installs without them.

    All managers whose packages come to lie in the same place count.
    """
    same = later = -1
    folders = [place for place in manager.lands.places if not place.startswith("/")]
    for step in stage.runs():
        for command in step.commands:
            if command.name == "rm":
                if any(folder in word for folder in folders for word in command.args):
                    same = step.index
                continue
            other = managers.of(command.name)
            if (
                other is None
                or other.production is None
                or other.lands.places != manager.lands.places
            ):
                continue
            if not set(other.production.prunes).isdisjoint(command.args):
                same = step.index
            elif not set(other.production.flags).isdisjoint(command.args):
                later = step.index
    return same, later

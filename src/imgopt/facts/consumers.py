"""Who uses what a RUN left in its stage: later commands, stages built on it or copying from it, the
image's own command."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator

from imgopt.dockerfile.shell import Command
from imgopt.facts.commands import final_command, inherits, starts_others
from imgopt.facts.copies import below
from imgopt.facts.development import landing_places
from imgopt.facts.file import FileFacts
from imgopt.facts.installs import Install
from imgopt.facts.managers.model import Manager
from imgopt.facts.programs import CHECKERS
from imgopt.facts.scripts import runner, script_name, script_text
from imgopt.facts.steps import StageFacts, Step


def later_steps(step: Step, stage: StageFacts, facts: FileFacts) -> Iterator[Step]:
    """The steps that meet what a step left: those behind it, and those of stages built on it."""
    yield from stage.steps[step.index + 1 :]
    for child in inherits(stage, facts):
        yield from child.steps


def takers(stage: StageFacts, places: Iterable[str], facts: FileFacts) -> list[StageFacts]:
    """The stages that copy what lies in one of these absolute folders out of a stage, or out of
    one that is built on it."""
    wanted = tuple(places)

    def found() -> list[StageFacts]:
        taken = facts.once(("taken from", stage.stage.index), lambda: _taken(stage, facts))
        return list({
            other.stage.index: other
            for path, other in taken
            if any(below(place, path) or below(path, place) for place in wanted)
        }.values())  # fmt: skip

    return facts.once((f"takers of {wanted}", stage.stage.index), found)


def _taken(stage: StageFacts, facts: FileFacts) -> list[tuple[str, StageFacts]]:
    """The absolute paths that stages copy or mount out of a stage and those built on it; all of
    it where a variable hides the path."""
    sources = {stage.stage.index, *(s.stage.index for s in inherits(stage, facts))}
    names = {facts.stages[index].stage.name.lower() for index in sources} - {""}
    found: list[tuple[str, StageFacts]] = []
    for other in facts.stages:
        for step in other.steps:
            if step.copy and step.copy.from_ and step.copy.from_.stage in sources:
                found += [(posixpath.join("/", s or "/"), other) for s in step.copy.sources]
            for mount in step.mounts:
                if mount.type == "bind" and mount.options.get("from", "").lower() in names:
                    source = mount.options.get("source") or mount.options.get("src") or "/"
                    found.append((posixpath.join("/", source), other))
    return found


def image_commands(stage: StageFacts, facts: FileFacts) -> tuple[Command, ...]:
    """The commands that start the images which hold a stage's layers."""

    def found() -> tuple[Command, ...]:
        holders = (other for other in (stage, *inherits(stage, facts)) if facts.in_final(other))
        started = (final_command(other, facts) for other in holders)
        return tuple(command for step in started if step for command in step.commands)

    return facts.once(("image commands", stage.stage.index), found)


def build_needs_development(
    install: Install, step: Step, stage: StageFacts, facts: FileFacts
) -> bool:
    """Whether a command of the build that runs behind an install may need what it brings for
    development: `npm run build`, `pytest`, a script."""
    manager = install.manager
    if step.commands.index(install.command) < _last_in_step(step, stage, manager, facts):
        return True
    if step.index < _last_in_stage(stage, manager, facts):
        return True
    others = [*inherits(stage, facts), *takers(stage, landing_places(install, step), facts)]
    return any(_last_in_stage(other, manager, facts) >= 0 for other in others)


def _last_in_step(step: Step, stage: StageFacts, manager: Manager, facts: FileFacts) -> int:
    """The position of the last command of a RUN that may need what is for development, or -1."""

    def last() -> int:
        needing = (i for i, c in enumerate(step.commands) if _may_need(c, manager, facts))
        return max(needing, default=-1)

    return facts.once((f"needs {manager.name} at {step.index}", stage.stage.index), last)


def _last_in_stage(stage: StageFacts, manager: Manager, facts: FileFacts) -> int:
    """The index of the last RUN of a stage that may need what is for development, or -1."""

    def last() -> int:
        needing = (
            step.index
            for step in stage.runs()
            if not (step.script and step.script.ok)
            or _last_in_step(step, stage, manager, facts) >= 0
        )
        return max(needing, default=-1)

    return facts.once((f"needs {manager.name}", stage.stage.index), last)


def image_needs_development(
    install: Install, step: Step, stage: StageFacts, facts: FileFacts
) -> bool:
    """Whether the image's own command may need what an install brings for development: it starts
    a script whose program is not the language's own, or one that nobody knows."""
    commands = image_commands(stage, facts)
    for other in takers(stage, landing_places(install, step), facts):
        commands += image_commands(other, facts)
    return any(_is_no_plain_start(command, facts) for command in commands)


def _may_need(command: Command, manager: Manager, facts: FileFacts) -> bool:
    """Whether a command of the build may run what is for development."""
    if command.name in CHECKERS or starts_others(command):
        return True
    if manager.scripts is None:
        return False
    other = runner(command, facts.managers)
    if other is None:
        launchers = facts.managers.script_launchers
        return command.name in launchers or any(
            command.name in facts.base_of(stage).programs for stage in facts.stages
        )
    name = script_name(command, other)
    return name not in other.installs and name not in _housekeeping(other)


def _housekeeping(manager: Manager) -> set[str]:
    """The subcommands that start nothing of the project's."""
    cleans = {word for text in manager.clean for word in text.split()[1:2]}
    prunes = set(manager.production.prunes if manager.production else ())
    return {"", "config", "set", "--version", *cleans, *prunes, *manager.removes}


def _is_no_plain_start(command: Command, facts: FileFacts) -> bool:
    manager = runner(command, facts.managers)
    if manager is None:
        return command.name in facts.managers.script_launchers
    program = script_text(command, manager, facts).split()
    languages = {name for stage in facts.stages for name in facts.base_of(stage).programs}
    return not program or program[0] not in languages

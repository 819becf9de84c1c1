"""What an image is for, by what starts it: a product, a base for others, a tool that builds."""

from __future__ import annotations

import posixpath

from imgopt.dockerfile.shell import SHELLS, Command
from imgopt.facts.commands import final_command
from imgopt.facts.file import FileFacts
from imgopt.facts.programs import COMPILES, INTERPRETERS, RUNS_WHAT_IT_COMPILES
from imgopt.facts.purpose import is_build_name
from imgopt.facts.servers import is_server
from imgopt.facts.steps import StageFacts, Step
from imgopt.regex import lazy

_BUILD_SCRIPT = lazy(r"(.*[-_.])?(build|package|compile|release|test|check|lint)([-_.].*)?")

# A container that somebody works in.
_WAITS_FOR_EVER = lazy(r"\bsleep\b.*\binfinity\b|/dev/null\W*$")
_TELLS = frozenset({"--version", "-v", "-V", "--help", "-h", "version", "help"})
_TELLERS = frozenset({"usage", "usage.sh", "help"})
_WAITS = frozenset({"-l", "-i", "--login", "-a", "-it"})


def starts_nothing(stage: StageFacts, facts: FileFacts) -> bool:
    """Whether a stage is a base for other images: it has neither a port nor a command, be it its
    base's, but a shell or a language, or says what is to be done in those that are built on it."""
    steps = [step for link in facts.chain(stage) for step in link.steps]
    keywords = {step.instruction.keyword for step in steps}
    starts = [step for step in steps if step.instruction.keyword in ("CMD", "ENTRYPOINT")]
    if "ONBUILD" in keywords or any(_WAITS_FOR_EVER.search(s.instruction.text) for s in starts):
        return True
    commands = [step.commands for step in steps if step.instruction.keyword == "CMD"]
    if _only_tells(starts):
        return True
    if "EXPOSE" in keywords:
        return False
    is_bare = bool(commands) and len(commands[-1]) == 1 and _is_bare(commands[-1][0])
    if is_bare or not keywords.isdisjoint(("CMD", "ENTRYPOINT")):
        return is_bare
    return not facts.base_of(stage).serves


def _only_tells(starts: list[Step]) -> bool:
    """Whether all that starts is a program that tells its version, or how it is used."""
    commands = [command for step in starts for command in step.commands]
    if not any(step.instruction.keyword == "ENTRYPOINT" for step in starts):
        commands = list(starts[-1].commands) if starts else []
    return bool(commands) and all(
        (c.args and _TELLS.issuperset(c.args)) or c.name in _TELLERS for c in commands
    )


def _is_bare(command: Command) -> bool:
    """Whether a command is a shell or an interpreter that waits for what is typed."""
    waits = command.name in SHELLS or command.name in INTERPRETERS
    return waits and all(word in _WAITS for word in command.args)


def is_for_building(stage: StageFacts, facts: FileFacts) -> bool:
    """Whether an image is there to build with: it starts a compiler, a build script or a shell, or
    its stage or its file is called so."""
    start = final_command(stage, facts)
    commands = start.commands if start else ()
    file = posixpath.basename(facts.file.path.replace("\\", "/"))
    if is_build_name(stage.stage.name) or is_build_name(file):
        return True
    return any(_builds(command) for command in commands)


def answers(stage: StageFacts, facts: FileFacts) -> bool:
    """Whether a port, the command or the base says that something in the image answers."""
    if starts_nothing(stage, facts):
        return False
    steps = (step for link in facts.chain(stage) for step in link.steps)
    if any(step.instruction.keyword == "EXPOSE" for step in steps):
        return True
    start = final_command(stage, facts)
    if start is None:
        return facts.base_of(stage).serves
    return any(is_server(command, facts.managers) for command in start.commands)


def _builds(command: Command) -> bool:
    if command.name in SHELLS:
        script = next((word for word in command.args if not word.startswith("-")), "")
        return not script or bool(_BUILD_SCRIPT.fullmatch(script.rpartition("/")[2]))
    if command.name in COMPILES:
        return not any(word.endswith(RUNS_WHAT_IT_COMPILES) for word in command.args)
    words = command.argv[0].value if command.argv else ""
    return bool("/" in words or "." in words) and bool(_BUILD_SCRIPT.fullmatch(command.name))


def makes_product(facts: FileFacts) -> bool:
    """Whether one of the images starts something of its own, and is not there to build with."""
    return any(
        not starts_nothing(target, facts) and not is_for_building(target, facts)
        for target in facts.target_stages
    )


def products(stage: StageFacts, facts: FileFacts) -> list[StageFacts]:
    """The images for production that hold a stage's layers and start something of their own."""
    return [
        target
        for target in facts.target_stages
        if stage.stage.index in target.stage.chain
        and not facts.develops(target)
        and not starts_nothing(target, facts)
        and not is_for_building(target, facts)
    ]

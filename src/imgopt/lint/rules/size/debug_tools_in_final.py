"""IMG309: editors, network and debug tools are installed into a final stage."""

from __future__ import annotations

from collections.abc import Iterator

from imgopt.dockerfile.shell import SHELLS, Command
from imgopt.facts.callers import calls, start_scripts
from imgopt.facts.commands import final_command
from imgopt.facts.file import FileFacts
from imgopt.facts.packages import is_debug_tool, package_name
from imgopt.facts.programs import INTERPRETERS, named_in
from imgopt.facts.purpose import IDLE_PROGRAMS, is_workplace
from imgopt.facts.starts import answers
from imgopt.facts.steps import StageFacts
from imgopt.lint.finding import Finding, Severity
from imgopt.lint.rule import Rule

# Instructions that say what runs in the image.
_TELLING = frozenset({"CMD", "ENTRYPOINT", "ENV", "HEALTHCHECK"})


class DebugToolsInFinal(Rule):
    id = "IMG309"
    name = "debug-tools-in-final"
    severity = Severity.INFO
    summary = "Editors, network and debug tools are installed into a final stage"

    def check_stage(self, stage: StageFacts, facts: FileFacts) -> Iterator[Finding]:
        if not facts.in_production(stage) or is_workplace(facts.file.path):
            return
        if not any(_serves(target, facts) for target in facts.target_stages):
            return
        for step in stage.runs():
            for install in step.installs:
                packages = install.packages if install.manager.system else ()
                named = dict.fromkeys(package_name(p) for p in packages if is_debug_tool(p))
                tools = [tool for tool in named if not _is_used(tool, facts)]
                if tools:
                    message = (
                        f"{', '.join(tools)}: debugging tools in the image of a service. "
                        f"Use `docker debug` or a sidecar when you need them."
                    )
                    yield self.finding(facts, install.command.span, message, stage.label)


def _serves(stage: StageFacts, facts: FileFacts) -> bool:
    """Whether a stage's image runs a service, and no shell, such a tool, or a program for the
    command line, as far as its command or its base tells."""
    steps = [step for link in facts.chain(stage) for step in link.steps]
    entry = [step for step in steps if step.instruction.keyword == "ENTRYPOINT"]
    step = final_command(stage, facts) or (entry[-1] if entry else None)
    if step is None:
        return facts.base_of(stage).serves
    if not step.commands or answers(stage, facts):
        return not (step.commands and _is_idle(step.commands[0]))
    first = step.commands[0]
    is_own = "/" in first.argv[0].value if first.argv else True
    return (is_own or first.name in INTERPRETERS | SHELLS) and not _is_idle(first)


def _is_idle(command: Command) -> bool:
    """Whether a command waits for somebody, or is a tool for debugging itself."""
    waits = command.name in IDLE_PROGRAMS and not any("/" in word for word in command.args)
    return waits or is_debug_tool(command.name)


def _is_used(tool: str, facts: FileFacts) -> bool:
    """Whether anything else of the image names a tool: what runs, a variable, another command."""
    return facts.once((f"uses {tool}", 0), lambda: _uses(tool, facts))


def _uses(tool: str, facts: FileFacts) -> bool:
    words = frozenset({tool, tool.partition("-")[0]})
    for target in facts.target_stages:
        for link in facts.chain(target):
            for step in link.steps:
                commands = [c for c in step.commands if c.name in words]
                if step.instruction.keyword == "RUN" and commands:
                    return True
                keyword = step.instruction.keyword
                if keyword in _TELLING and named_in(step.instruction.body, words):
                    return True
    return _is_called(tool, words, facts)


def _is_called(tool: str, words: frozenset[str], facts: FileFacts) -> bool:
    """Whether a script that starts the image, or the project's source, calls a tool."""
    starts = [
        step
        for target in facts.target_stages
        for link in facts.chain(target)
        for step in link.steps
        if step.instruction.keyword in ("CMD", "ENTRYPOINT")
    ]
    if any(named_in(text, words) for text in start_scripts(starts, facts)):
        return True
    return calls(facts.context, tool)

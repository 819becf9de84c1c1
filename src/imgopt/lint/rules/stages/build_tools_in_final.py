"""IMG201: compilers, headers or an SDK base reach a final stage."""

from __future__ import annotations

import re
from collections.abc import Iterator

from imgopt.facts.bases import Base, Kind
from imgopt.facts.commands import is_system_command
from imgopt.facts.file import FileFacts
from imgopt.facts.packages import is_build_tool, package_name
from imgopt.facts.removals import Removals
from imgopt.facts.starts import products
from imgopt.facts.steps import StageFacts
from imgopt.lint.finding import Finding, Severity
from imgopt.lint.rule import Rule

# Programs that lay files out and build nothing.
_UNPACKS = frozenset("cd tar unzip cp mv chmod chown sed".split())


class BuildToolsInFinal(Rule):
    id = "IMG201"
    name = "build-tools-in-final"
    severity = Severity.WARNING
    summary = "Compilers, headers or an SDK base reach a final stage"

    def check_stage(self, stage: StageFacts, facts: FileFacts) -> Iterator[Finding]:
        if facts.is_for_development or not products(stage, facts):
            return
        base = stage.stage.base
        if base.stage is None and facts.base_image(base.text).kind is Kind.SDK:
            message = _sdk(facts.base_image(base.text), stage, facts)
            yield self.finding(facts, stage.stage.from_.words[0].span, message, stage.label)
        for step in stage.runs():
            removals = Removals(step)
            for install in step.installs:
                packages = install.packages if install.manager.system else ()
                tools = [package for package in packages if is_build_tool(package)]
                if left := removals.remaining(tools, install):
                    message = _tools(tools, left, removals.hollow(left, install))
                    yield self.finding(facts, install.command.span, message, stage.label)


def _sdk(base: Base, stage: StageFacts, facts: FileFacts) -> str:
    what = f"{base.text} is a build environment, and all of it reaches the image. "
    commands = [command for step in stage.runs() for command in step.commands]
    if base.runtimes and all(
        command.name in _UNPACKS or is_system_command(command, facts.managers)
        for command in commands
    ):
        return f"{what}Nothing is built here: {' or '.join(base.runtimes)} is enough to run it."
    return f"{what}Build there, and copy the result into a stage on a runtime base."


def _tools(tools: list[str], left: list[str], hollow: list[str]) -> str:
    some = ", ".join(left[:4]) + (", …" if len(left) > 4 else "")
    what = f"build tools stay in the image: {some}. "
    if hollow:
        return (
            f"{what}Removing {hollow[0]} alone leaves the packages that it depends on. Remove it "
            f"with --auto-remove."
        )
    names = [package_name(package) for package in left]
    if all(re.search(r"\bjdk\b", name) for name in names):
        runtimes = ", ".join(dict.fromkeys(re.sub(r"\bjdk\b", "jre", name) for name in names))
        return f"{what}To run Java, {runtimes} is enough; compile in a build stage."
    if len(left) < len(tools):
        return f"{what}Remove them as well, or install them in a build stage and copy its result."
    return (
        f"{what}Install them in a build stage and copy its result, or remove them in the same RUN."
    )

"""IMG309: editors, network and debug tools are installed into a final stage."""

from __future__ import annotations

from collections.abc import Iterator

from imgopt.facts.file import FileFacts
from imgopt.facts.packages import is_debug_tool, package_name
from imgopt.facts.steps import StageFacts
from imgopt.lint.finding import Finding, Severity
from imgopt.lint.rule import Rule


class DebugToolsInFinal(Rule):
    id = "IMG309"
    name = "debug-tools-in-final"
    severity = Severity.INFO
    summary = "Editors, network and debug tools are installed into a final stage"

    def check_stage(self, stage: StageFacts, facts: FileFacts) -> Iterator[Finding]:
        if not facts.in_production(stage):
            return
        for step in stage.runs():
            for install in step.installs:
                packages = install.packages if install.manager.system else ()
                tools = [package_name(p) for p in packages if is_debug_tool(p)]
                if tools:
                    message = (
                        f"{', '.join(tools)}: tools for a person, in an image for a service. "
                        f"`docker debug` or a sidecar brings them when they are needed."
                    )
                    yield self.finding(facts, install.command.span, message, stage.label)

"""IMG309: editors, network and debug tools are installed into a final stage."""

from __future__ import annotations

import re
from collections.abc import Iterator

from imgopt.facts.file import FileFacts
from imgopt.facts.steps import StageFacts
from imgopt.lint.finding import Finding
from imgopt.lint.rule import Rule

_TOOLS = frozenset(
    "vim vim-tiny nano emacs emacs-nox telnet strace ltrace gdb tcpdump nmap htop iotop man-db"
    " mtr traceroute net-tools screen tmux mc".split()
)


class DebugToolsInFinal(Rule):
    id = "IMG309"
    name = "debug-tools-in-final"
    category = "size"
    severity = "info"
    summary = "Editors, network and debug tools are installed into a final stage"

    def check_stage(self, stage: StageFacts, facts: FileFacts) -> Iterator[Finding]:
        if not facts.in_production(stage):
            return
        for step in stage.runs():
            for install in step.installs:
                names = [re.split(r"[=<>~:/]", p, maxsplit=1)[0] for p in install.packages]
                tools = [n for n in names if n in _TOOLS] if install.manager.system else []
                if tools:
                    message = (
                        f"{', '.join(tools)}: tools for a person, in an image for a service. "
                        f"`docker debug` or a sidecar brings them when they are needed."
                    )
                    yield self.finding(facts, install.command.span, message, stage.label)

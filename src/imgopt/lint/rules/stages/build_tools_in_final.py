"""IMG201: compilers, headers or an SDK base reach a final stage."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from imgopt.facts.bases import Kind
from imgopt.facts.file import FileFacts
from imgopt.facts.installs import Install
from imgopt.facts.packages import is_build_tool
from imgopt.facts.steps import StageFacts, Step
from imgopt.lint.finding import Finding, Severity
from imgopt.lint.rule import Rule

# Commands of the package managers that remove, and words for what nothing needs any more.
_REMOVING = frozenset({"purge", "remove", "autoremove", "del", "erase"})
_CLEANING = frozenset({"autoremove", "--auto-remove"})


class BuildToolsInFinal(Rule):
    id = "IMG201"
    name = "build-tools-in-final"
    severity = Severity.WARNING
    summary = "Compilers, headers or an SDK base reach a final stage"

    def check_stage(self, stage: StageFacts, facts: FileFacts) -> Iterator[Finding]:
        if not facts.in_production(stage):
            return
        base = stage.stage.base
        if base.stage is None and facts.image(base.text).kind is Kind.SDK:
            message = (
                f"{base.text} is a build environment, and all of it reaches the image. Build "
                f"there, and copy the result into a stage on a runtime base."
            )
            yield self.finding(facts, stage.stage.from_.words[0].span, message, stage.label)
        for step in stage.runs():
            for install in step.installs:
                packages = install.packages if install.manager.system else ()
                tools = [p for p in packages if is_build_tool(p)]
                if tools and not _removed(tools, install, step):
                    some = ", ".join(tools[:4]) + (", …" if len(tools) > 4 else "")
                    message = (
                        f"build tools stay in the image: {some}. Install them in a build stage and "
                        f"copy its result, or remove them in the same RUN."
                    )
                    yield self.finding(facts, install.command.span, message, stage.label)


def _removed(tools: list[str], install: Install, step: Step) -> bool:
    """Whether a later command of the same RUN removes the tools, or what nothing else needs."""
    behind = step.commands[step.commands.index(install.command) :]
    gone = {*tools, *_groups(install.command.args), *_CLEANING}
    for command in behind:
        words = set(command.args)
        if _REMOVING & words and (gone & words or any("$" in w or "*" in w for w in words)):
            return True
    return False


def _groups(args: tuple[str, ...]) -> set[str]:
    """The names of apk's virtual packages that an install makes."""
    named = {w.partition("=")[2] for w in args if w.startswith("--virtual=")}
    return named | {after for w, after in pairwise(args) if w in ("-t", "--virtual")}

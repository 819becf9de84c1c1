"""IMG115: a compile begins from nothing whenever the source changes."""

from __future__ import annotations

from collections.abc import Iterator

from imgopt.facts.compiles import Compile, compiles_anew
from imgopt.facts.file import FileFacts
from imgopt.facts.purpose import is_development_name
from imgopt.facts.steps import StageFacts, Step
from imgopt.lint.finding import Finding, Safety, Severity
from imgopt.lint.fixes.cache_mounts import compile_mount_fix, mount_advice
from imgopt.lint.rule import Rule


class MissingCompileCache(Rule):
    id = "IMG115"
    name = "missing-compile-cache"
    severity = Severity.WARNING
    summary = "A compile keeps nothing that the next one could use again"
    fixable = Safety.SAFE

    def check_stage(self, stage: StageFacts, facts: FileFacts) -> Iterator[Finding]:
        if stage.stage.index not in facts.released or is_development_name(stage.stage.name):
            return
        for step in stage.runs():
            for compile_ in compiles_anew(step, stage, facts):
                message = (
                    f"`{compile_.shown}` keeps no compiled code between builds, so every source "
                    f"change compiles everything again. {_advice(compile_, step)}."
                )
                mend = compile_mount_fix(compile_, step, stage, facts)
                yield self.finding(facts, compile_.command.span, message, stage.label, mend)


def _advice(compile_: Compile, step: Step) -> str:
    directory = compile_.directory
    if directory is None:
        return f"Add {compile_.flag}"
    if not directory:
        mount = f"a cache mount on its {compile_.cache.place.path} folder"
    else:
        flags = [f"--mount=type=cache,target={directory}"]
        mount = mount_advice((directory,), flags, compile_.command, step)
    if compile_.flag:
        return f"Add {compile_.flag}, and keep its output with {mount}"
    if compile_.undone_by:
        return f"Drop {compile_.undone_by}, which forces a full rebuild, and add {mount}"
    if compile_.hides_results:
        return f"Add {mount}, and copy the result out of it in the same RUN"
    return f"Add {mount}"

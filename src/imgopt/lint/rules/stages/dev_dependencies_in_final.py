"""IMG206: development dependencies reach a final stage."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from imgopt.dockerfile.model import Span
from imgopt.dockerfile.stages import assignments
from imgopt.facts.consumers import build_needs_development, image_needs_development
from imgopt.facts.development import development_files, leaves_out, may_declare, reaches_image
from imgopt.facts.file import FileFacts
from imgopt.facts.installs import PACKAGES, Install
from imgopt.facts.managers.model import Production
from imgopt.facts.purpose import is_mode
from imgopt.facts.starts import makes_product
from imgopt.facts.steps import StageFacts, Step
from imgopt.lint.finding import Finding, Fix, Safety, Severity
from imgopt.lint.fixes.edits import add_words, append_command, is_chain, replace, unsafe
from imgopt.lint.rule import Rule


class DevDependenciesInFinal(Rule):
    id = "IMG206"
    name = "dev-dependencies-in-final"
    severity = Severity.WARNING
    fixable = Safety.UNSAFE
    summary = "Development dependencies reach a final stage"

    def check_stage(self, stage: StageFacts, facts: FileFacts) -> Iterator[Finding]:
        if any(facts.develops(target) for target in facts.target_stages):
            return
        if not makes_product(facts) or _is_for_any_mode(facts):
            return
        for step in stage.runs():
            for install in step.installs:
                told = _told(install, step, stage, facts)
                if not told or not reaches_image(install, step, stage, facts):
                    continue
                if not image_needs_development(install, step, stage, facts):
                    message, mend = told
                    yield self.finding(facts, install.command.span, message, stage.label, mend)


def _is_for_any_mode(facts: FileFacts) -> bool:
    """Whether who builds says what an image is for, so that one Dockerfile makes those for
    development, too."""
    return any(
        step.instruction.keyword == "ARG"
        and any(is_mode(n) for n, _ in assignments(step.instruction))
        for stage in facts.stages
        for step in stage.steps
    )


def _told(
    install: Install, step: Step, stage: StageFacts, facts: FileFacts
) -> tuple[str, Fix | None] | None:
    """What is to be said of an install that brings development dependencies, and the fix."""
    files = development_files(install)
    needed = build_needs_development(install, step, stage, facts)
    if files and not install.does.from_manifest:
        message = f"{', '.join(files)} is for development, and what it installs reaches the image."
        return message, None if needed else _without_files(install, files)
    production = _of_release(install.manager.production, step)
    if production is None or not install.does.from_manifest or install.kind == PACKAGES:
        return None
    if leaves_out(install, production, step, stage, facts):
        return None
    if not may_declare(install, production, step, stage, facts):
        return None
    message = f"`{install.shown}` installs development dependencies too, and they reach the image. "
    if needed:
        prune = f"{install.command.name} {production.prune}"
        one_run = f"Install, build and `{prune}` in one RUN, or install"
        message += (
            f"The build needs them. {one_run if production.prune else 'Install'} for production in "
            f"a stage of its own."
        )
        return message, _pruned(install, production, step, facts)
    return f"{message}Use {production.hint}.", _with_flag(install, production)


def _of_release(production: Production | None, step: Step) -> Production | None:
    """The flags that the manager of the base image knows."""
    since = production.since.get(step.base.repository) if production else None
    version = step.base.version
    if production is None or since is None or not version or version[0] >= since:
        return production
    old = production.old_flag
    prune = " ".join((production.prune.partition(" ")[0], old)) if production.prune else ""
    return msgspec.structs.replace(production, hint=old, prune=prune)


def _without_files(install: Install, files: list[str]) -> Fix | None:
    """Leave the files out that are for development, where others remain."""
    if len(files) == len(install.files) or not install.command.exact:
        return None
    argv = install.command.argv
    edits = [
        replace(Span(argv[index - 2].span.end, argv[index].span.end), "")
        for index, word in enumerate(argv)
        if word.value in files and argv[index - 1].value in install.manager.file_flags
    ]
    return unsafe(f"leave {', '.join(files)} out", tuple(edits))


def _pruned(install: Install, production: Production, step: Step, facts: FileFacts) -> Fix | None:
    """Take them away at the end of a RUN that both installs and builds; in a later layer the bytes
    would stay."""
    if not production.prune or step.commands[-1] is install.command:
        return None
    if not is_chain(facts.file, step):
        return None
    text = f"{install.command.name} {production.prune}"
    return unsafe(f"end with {text}", append_command(facts.file, step, text))


def _with_flag(install: Install, production: Production) -> Fix | None:
    flag = production.hint
    if not flag.startswith("-") or install.position == 1:
        return None
    return unsafe(f"add {flag}", add_words(install.command, flag, install.position))

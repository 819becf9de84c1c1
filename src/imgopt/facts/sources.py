"""Facts about where a stage has the project's source from."""

from __future__ import annotations

from imgopt.dockerfile.shell import Command
from imgopt.facts.file import FileFacts
from imgopt.facts.steps import StageFacts, Step


def brings_source(step: Step, facts: FileFacts) -> bool:
    """Whether a COPY or a mount brings source of the context, by way of another stage or not."""
    if step.copy is not None:
        from_ = step.copy.from_
        if from_ is not None:
            return from_.stage is not None and _is_source_alone(facts.stages[from_.stage], facts)
        return any(
            s and "://" not in s and not facts.managers.is_manifest(s) for s in step.copy.sources
        )
    return any(
        mount.type == "bind"
        and not mount.options.get("from")
        and not facts.managers.is_manifest(mount.options.get("source") or mount.target)
        for mount in step.mounts
    )


def _is_source_alone(stage: StageFacts, facts: FileFacts) -> bool:
    """Whether a stage only hands on what it copies from the context."""
    return not any(stage.runs()) and any(
        step.copy is not None and step.copy.from_ is None and brings_source(step, facts)
        for step in stage.steps
    )


def clones(command: Command) -> bool:
    """Whether a command brings source that is not of the context."""
    return command.name == "git" and "clone" in command.args

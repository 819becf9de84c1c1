"""IMG204: COPY --from copies a whole tree where only the artifact is needed."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from functools import partial

from imgopt.facts.artifacts import artifacts
from imgopt.facts.bases import Base, Kind
from imgopt.facts.copies import below, broad_source
from imgopt.facts.file import FileFacts
from imgopt.facts.steps import StageFacts, Step
from imgopt.lint.finding import Finding, Severity
from imgopt.lint.rule import Rule

_WHOLE = frozenset({"/root", "/home"})


class CopyFromWholeTree(Rule):
    id = "IMG204"
    name = "copy-from-whole-tree"
    severity = Severity.WARNING
    summary = "COPY --from copies a whole tree where only the artifact is needed"

    def check_stage(self, stage: StageFacts, facts: FileFacts) -> Iterator[Finding]:
        if not facts.in_production(stage):
            return
        base = facts.base_of(stage)
        for step, reference, builder, paths in facts.taken_from_stages(stage):
            for path in paths:
                key = (f"whole {path} {base.text}", builder.stage.index)
                reason = facts.once(key, partial(_whole, path, builder, facts, base))
                if reason:
                    message = f"--from={reference.text} {path} takes {reason}"
                    yield self.finding(facts, step.instruction.span, message, stage.label)
                    break


def _whole(path: str, builder: StageFacts, facts: FileFacts, base: Base) -> str | None:
    """What is wrong with copying a path out of a builder, None when nothing is."""
    if path in _WHOLE:
        return "a home directory, with caches and settings. Name the files that are needed."
    if path == "/":
        if not any(s.instruction.keyword == "RUN" for s in builder.steps):
            return None  # an image made to be laid over others
        # FROM scratch and COPY / / is how an image is flattened.
        if not base.text or base.is_scratch:
            return None
        return "the builder's whole file system. Name the files."
    links = list(facts.chain(builder))
    steps = [s for link in links for s in link.steps]
    brought = any(
        s.copy
        and s.copy.target
        and broad_source(s.copy, facts.context, facts.managers)
        and below(posixpath.normpath(s.copy.target), path)
        for s in steps
    )
    if not brought:
        return None
    artifact = _artifact(path, steps, base, facts)
    if artifact is None:
        return None
    return f"the sources too, though the build's result is {artifact}. Copy only that."


def _artifact(path: str, steps: list[Step], base: Base, facts: FileFacts) -> str | None:
    """The one path below `path` that a build in these steps is known to write."""
    for_web_server = base.kind is Kind.WEB_SERVER
    found: set[str] = set()
    for step in steps:
        for command in step.commands if step.instruction.keyword == "RUN" else ():
            folder = step.folder(command)
            if folder is not None and below(folder, path):
                found.update(artifacts(command, folder, for_web_server, facts.managers))
    inside = [p for p in found if below(p, path) and p != path]
    return inside[0] if len(inside) == 1 and len(found) == 1 else None

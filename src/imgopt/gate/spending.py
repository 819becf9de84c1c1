"""What of a budget is known without a build: the build context and the findings."""

from __future__ import annotations

import os
from collections.abc import Mapping

from imgopt.bench.image_inputs import image_facts
from imgopt.context.build_context import BuildContext
from imgopt.gate.inputs import ignored_by_git
from imgopt.lint.linter import Linter
from imgopt.project.image import Image
from imgopt.report.budgets import Cost, Spent
from imgopt.severity import Severity


def spent_here(image: Image, limits: Mapping[str, float], linter: Linter) -> dict[str, Spent]:
    """Those of the limited values that the files tell. BuildFailed for a Dockerfile that cannot be
    parsed, where its context counts."""
    found = {}
    if "context" in limits:
        found["context"] = _context(image)
    if "findings" in limits:
        found["findings"] = _findings(image, linter)
    return found


def context_before(image: Image, older: Image) -> float:
    """The bytes of the base's build context, together with what git does not keep and lies here: a
    checkout of the base has none of that."""
    is_ignored = ignored_by_git(image.context)
    here = BuildContext(image.context, image.dockerfile).files
    there = BuildContext(older.context, older.dockerfile).files
    own = sum(size for path, size in here.items() if _is_gits(path) or is_ignored(path))
    return own + sum(size for path, size in there.items() if not _is_gits(path))


def _is_gits(path: str) -> bool:
    return path == ".git" or path.startswith(".git/")


def _context(image: Image) -> Spent:
    """The bytes that a build could send: all that .dockerignore leaves."""
    facts = image_facts(image)
    context = BuildContext(image.context, image.dockerfile)
    costs = [
        Cost(step.instruction.line, " ".join(step.instruction.text.split())[:200], size)
        for _, step, source in facts.context_sources()
        if (size := context.size_of(source))
    ]
    most = max(costs, key=lambda cost: cost.value, default=None)
    by_entry: dict[str, int] = {}
    for path, size in context.files.items():
        name = path.partition("/")[0]
        by_entry[name] = by_entry.get(name, 0) + size
    biggest = max(by_entry, key=lambda name: by_entry[name], default="")
    note = f"{biggest} has most of it" if biggest else ""
    return Spent(sum(by_entry.values()), most, note)


def _findings(image: Image, linter: Linter) -> Spent:
    results = linter.lint(image.dockerfile)
    if not results:
        return Spent(None, note="lint skips it")
    result = results[0]
    if result.error:
        return Spent(None, note=f"lint cannot read it: {result.error}")
    order = list(Severity)
    worst = max(result.findings, key=lambda f: order.index(f.severity), default=None)
    most = Cost(worst.span.start.line, f"{worst.title}", 1) if worst else None
    return Spent(len(result.findings), most)


def shown_path(image: Image) -> str:
    """The Dockerfile's path as people type it here."""
    return os.path.relpath(image.dockerfile).replace(os.sep, "/")

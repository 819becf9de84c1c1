"""The findings that a change brings: those of changed Dockerfiles that the base does not have."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from imgopt.gate.inputs import Base
from imgopt.gate.result import LintCheck
from imgopt.lint.finding import FileResult, Finding
from imgopt.lint.linter import Linter
from imgopt.lint.silence.fingerprint import fingerprints

_ONE_PATH = "Dockerfile"  # the two lie in different folders


def new_findings(
    results: Sequence[FileResult], base: Base, older: Callable[[Path], Linter], fail_on: str
) -> LintCheck:
    """Results of what changed, held against those of the same files in the base; `older` makes the
    linter of a checkout. A finding is known where the base has one of its rule on a line of the
    same text."""
    linter = older(base.checkout)
    new: list[Finding] = []
    known = 0
    errors: list[str] = []
    for result in results:
        before = _before(result.path, base, linter)
        for finding, mark in zip(result.findings, fingerprints(result, _ONE_PATH), strict=True):
            if mark in before:
                known += 1
            else:
                new.append(finding)
        if result.error:
            errors.append(f"{result.path}: {result.error}")
        errors += [f"{result.path}: {error}" for error in result.internal_errors]
    return LintCheck(len(results), tuple(new), known, tuple(errors), fail_on)


def _before(path: str, base: Base, linter: Linter) -> frozenset[str]:
    """The fingerprints of a file's findings in the base."""
    try:
        inside = Path(os.path.realpath(path)).relative_to(os.path.realpath(base.root))
    except ValueError:
        return frozenset()
    there = base.checkout / inside
    if not there.is_file():
        return frozenset()
    named = msgspec.structs.replace(linter, named=frozenset({there}))
    found = named.lint(there)
    return frozenset(mark for result in found for mark in fingerprints(result, _ONE_PATH))

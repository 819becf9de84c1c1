"""IMG402: the build context holds bytes that are sent and not needed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from imgopt.context.build_context import BuildContext
from imgopt.facts.copies import matches, takes_everything
from imgopt.facts.file import FileFacts
from imgopt.facts.native_packages import NODE
from imgopt.facts.steps import Step
from imgopt.lint.finding import Finding, Safety, Severity
from imgopt.lint.fixes.ignore_lines import ignore_fix
from imgopt.lint.rule import Rule

# What tools write, by name, and the word in a Dockerfile that says that it is wanted.
_WASTE: dict[str, str] = {
    ".git": r"\bgit\b|setuptools.scm|hatch.vcs|versioneer|\.git\b",
    NODE.folder: NODE.folder,
    ".venv": r"\.venv\b",
    "__pycache__": r"__pycache__",
    ".mypy_cache": r"\.mypy_cache",
    ".pytest_cache": r"\.pytest_cache",
    ".ruff_cache": r"\.ruff_cache",
    ".tox": r"\.tox",
    ".nox": r"\.nox",
    "htmlcov": r"htmlcov",
    ".next": r"\.next",
    ".nuxt": r"\.nuxt",
    ".turbo": r"\.turbo",
    ".gradle": r"\.gradle",
    ".terraform": r"\.terraform",
}
_ARCHIVE = re.compile(r"\.(tar|tar\.gz|tgz|tar\.xz|zip|7z|iso|dump|sql\.gz|sqlite3?|mp4|mov)$")
_ARCHIVE_BYTES = 1_000_000


class HeavyContext(Rule):
    id = "IMG402"
    name = "heavy-context"
    severity = Severity.WARNING
    summary = "The build context holds bytes that are sent and not needed"
    fixable = Safety.UNSAFE
    options: ClassVar[Mapping[str, Any]] = {"min-bytes": 1_000_000}

    def check_file(self, facts: FileFacts) -> Iterator[Finding]:
        context = facts.context
        if context is None:
            return
        for stage, step, source in facts.context_sources():
            if not takes_everything(source):
                continue
            waste = _waste(context, facts, step)
            total = sum(waste.values())
            if total < self.option("min-bytes"):
                continue
            listed = ", ".join(
                f"{name} {size / 1e6:.1f} MB"
                for name, size in sorted(waste.items(), key=lambda item: -item[1])[:5]
            )
            message = (
                f"{step.instruction.keyword} {source} sends {total / 1e6:.1f} MB that no line "
                f"names ({listed}): it is read and hashed at every build. List it in "
                f".dockerignore."
            )
            patterns = [name if "/" in name or "." in name[1:] else f"**/{name}" for name in waste]
            mend = ignore_fix(context, patterns)
            yield self.finding(facts, step.instruction.span, message, stage.label, mend)
            return


def _waste(context: BuildContext, facts: FileFacts, step: Step) -> dict[str, int]:
    """Names in the context that tools wrote, and archives that no line names: bytes of each."""
    text = facts.file.text
    unwanted = [name for name, wanted in _WASTE.items() if not re.search(wanted, text)]
    installs_node = any(NODE.folder in i.manager.lands.places for s in facts.stages
                        for r in s.runs() for i in r.installs)  # fmt: skip
    if not installs_node and NODE.folder in unwanted:
        unwanted.remove(NODE.folder)  # then the image may live on what is copied
    found: dict[str, int] = {}
    for path, size in context.files.items():
        for name in unwanted:
            if name in path and matches(path, name):
                found[name] = found.get(name, 0) + size
                break
        else:
            last = path.rpartition("/")[2]
            if size >= _ARCHIVE_BYTES and _ARCHIVE.search(last) and last not in text:
                found[path] = size
    return found

"""IMG402: the build context holds bytes that are sent and not needed."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from imgopt.context.build_context import BuildContext
from imgopt.context.listing import Listing
from imgopt.facts.copies import takes_everything
from imgopt.facts.file import FileFacts
from imgopt.facts.file_names import is_archive, is_data, is_shown
from imgopt.facts.idle_files import reads_git
from imgopt.facts.leftovers import GIT, LEFTOVERS, bytes_by_leftovers, leftover_names
from imgopt.facts.native_packages import NODE
from imgopt.lint.finding import Finding, Safety, Severity
from imgopt.lint.fixes.ignore_lines import ignore_fix
from imgopt.lint.rule import Rule

_ARCHIVE_BYTES = 1_000_000


class HeavyContext(Rule):
    id = "IMG402"
    name = "heavy-context"
    severity = Severity.WARNING
    summary = "The build context contains files that the build does not need"
    fixable = Safety.UNSAFE
    options: ClassVar[Mapping[str, Any]] = {"min-bytes": 1_000_000}

    def check_file(self, facts: FileFacts) -> Iterator[Finding]:
        context = facts.context
        if context is None:
            return
        for stage, step, source in facts.context_sources():
            if not takes_everything(source):
                continue
            waste = _waste(context, facts)
            total = sum(waste.values())
            if total < self.option("min-bytes"):
                continue
            listed = ", ".join(
                f"{name} {size / 1e6:.1f} MB"
                for name, size in sorted(waste.items(), key=lambda item: -item[1])[:5]
                if size >= total / 100
            )
            message = (
                f"{step.instruction.keyword} {source} sends {total / 1e6:.1f} MB that no "
                f"instruction uses ({listed}): it is read and hashed at every build. List it in "
                f".dockerignore."
            )
            patterns = [name if "/" in name or "." in name[1:] else f"**/{name}" for name in waste]
            mend = ignore_fix(context, patterns)
            yield self.finding(facts, step.instruction.span, message, stage.label, mend)
            return


def _waste(context: BuildContext, facts: FileFacts) -> dict[str, int]:
    """Names in the context that tools wrote, and archives that no line names: bytes of each."""
    text = facts.file.text
    unwanted = [each.name for each in LEFTOVERS if each.weighs and not each.is_wanted(text)]
    if GIT in unwanted and reads_git(context, facts):
        unwanted.remove(GIT)
    if NODE.folder in unwanted and not _fills(NODE.folder, facts):
        unwanted.remove(NODE.folder)  # then the image may live on what is copied
    found: dict[str, int] = {}
    for names, size in context.listing.once(bytes_by_leftovers).items():
        if name := next((name for name in unwanted if name in names), None):
            found[name] = found.get(name, 0) + size
    for path in context.listing.once(_heavy_files):
        if leftover_names(path).isdisjoint(unwanted) and posixpath.basename(path) not in text:
            found[path] = context.files[path]
    return found


def _fills(folder: str, facts: FileFacts) -> bool:
    """Whether a step installs what comes to lie in folders of that name."""
    steps = (step for stage in facts.stages for step in stage.runs())
    return any(folder in i.manager.lands.places for step in steps for i in step.installs)


def _heavy_files(listing: Listing) -> list[str]:
    """Big archives and data, but for what a site shows."""
    return [
        path
        for path, size in listing.files.items()
        if size >= _ARCHIVE_BYTES and (is_archive(path) or is_data(path)) and not is_shown(path)
    ]

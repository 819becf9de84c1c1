"""Scenarios that edit one file of the build context, and which files a build takes from it."""

from __future__ import annotations

import msgspec

from imgopt.bench.subject import FindFile, Subject
from imgopt.bench.variation import Start, Variation
from imgopt.context.discovery import SKIPPED_FOLDERS
from imgopt.facts.file import FileFacts


class FileChange(msgspec.Struct, frozen=True):
    """A scenario in which one file, which `find` chooses, has a comment more."""

    name: str
    order: int
    start: Start
    find: FindFile
    is_usual: bool = True

    def misfit(self, subject: Subject) -> str:
        """No file is there to be edited."""
        return "" if subject.file_to_edit(self.find) else "the Dockerfile copies no file that fits"

    def edit(self, subject: Subject, mark: str) -> str:
        """Edit the file; its path."""
        edit = subject.file_to_edit(self.find)
        if edit is None:
            return ""
        subject.workspace.edit(edit, mark)
        return edit.path

    def variation(self, subject: Subject, mark: str) -> Variation:
        """The plain build."""
        return Variation()


def files_to_edit(facts: FileFacts) -> dict[str, None]:
    """The files of the context that the build's COPYs and bind mounts take, in order.

    No links, since what they point to may be anywhere, and nothing that version control keeps or
    that tools install.
    """
    found: dict[str, None] = {}
    if facts.context is None:
        return found
    for index in sorted(facts.graph.needed(facts.targets)):
        for step in facts.stages[index].steps:
            sources: list[str | None] = []
            if step.copy and step.copy.from_ is None:
                sources = list(step.copy.sources)
            for mount in step.mounts:
                if mount.type == "bind" and "from" not in mount.options:
                    options = mount.options
                    sources.append(options.get("source") or options.get("src") or ".")
            for source in sources:
                if source and "://" not in source:
                    found.update(dict.fromkeys(facts.context.sent_by(source)))
    root = facts.context.root
    return {
        path: None
        for path in found
        if SKIPPED_FOLDERS.isdisjoint(path.split("/")) and not (root / path).is_symlink()
    }

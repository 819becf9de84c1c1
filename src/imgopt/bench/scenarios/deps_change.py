"""The manifest that an install of the build reads has changed."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping

from imgopt.bench.edit import FileEdit
from imgopt.bench.file_change import FileChange, files_to_edit
from imgopt.bench.subject import Subject
from imgopt.bench.variation import Start
from imgopt.context.build_context import clean
from imgopt.facts.file import FileFacts
from imgopt.facts.installs import PACKAGES, Install


def deps_edit(facts: FileFacts) -> FileEdit | None:
    """The first manifest that an install of the build reads; None when there is none."""
    copied = files_to_edit(facts)
    for index in sorted(facts.graph.needed(facts.targets)):
        for step in facts.stages[index].runs():
            for install in step.installs:
                if found := _manifest(install, copied):
                    return FileEdit(found)
    return None


def _manifest(install: Install, copied: Mapping[str, None]) -> str | None:
    """The file that an install names, else what its manager reads in its folder."""
    if install.kind == PACKAGES and not install.files:
        return None
    for file in install.files:
        name = posixpath.basename(file)
        for path in sorted(copied, key=lambda p: (p.count("/"), p)):
            if posixpath.basename(path) == name:
                return path
    folder = clean(install.command.cwd or ".")
    for pattern in install.manager.manifests:
        for candidate in (pattern, posixpath.join(folder, pattern)):
            if clean(candidate) in copied:
                return clean(candidate)
    return None


def deps_file(subject: Subject) -> FileEdit | None:
    """The manifest to edit."""
    return deps_edit(subject.facts)


SCENARIO = FileChange("deps-change", 40, Start.BUILDER, deps_file)

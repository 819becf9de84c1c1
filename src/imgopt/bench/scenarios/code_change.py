"""The file that people change most has changed, and no manifest."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping

from imgopt.bench.edit import FileEdit
from imgopt.bench.file_change import FileChange, files_to_edit
from imgopt.bench.subject import Subject
from imgopt.bench.variation import Start
from imgopt.context.discovery import is_dockerfile_name
from imgopt.facts.file import FileFacts
from imgopt.facts.installs import is_manifest
from imgopt.history import git

_LOOKED_AT_BYTES = 8000
_CODE = frozenset(
    (
        ".py .rb .js .jsx .ts .tsx .mjs .go .rs .java .kt .c .cc .cpp .cs .swift .scala"
        " .php .dart .ex .vue .svelte"
    ).split()
)


def code_edit(facts: FileFacts, changes: Mapping[str, int]) -> FileEdit | None:
    """The file that people change most among those that the Dockerfile copies.

    `changes` says how often each path of the context was changed (from git); without that,
    source files come first. Binary files are left alone: white space behind an archive may break
    it. None when only manifests are copied.
    """
    copied = [p for p in files_to_edit(facts) if not is_manifest(p) and not _is_about_the_build(p)]

    def rank(path: str) -> tuple[int, bool, bool, str]:
        suffix = posixpath.splitext(path)[1].lower()
        name = posixpath.basename(path)
        config = name.startswith((".", "__init__")) or "config" in name or "test" in path
        return (-changes.get(path, 0), suffix not in _CODE, config, path)

    chosen = next((p for p in sorted(copied, key=rank) if not _is_binary(facts, p)), None)
    return FileEdit(chosen) if chosen else None


def _is_binary(facts: FileFacts, path: str) -> bool:
    """Whether a NUL is among a file's first bytes, as git tells them apart."""
    text = facts.context.read_text(path, _LOOKED_AT_BYTES) if facts.context else None
    return text is None or "\0" in text


def _is_about_the_build(path: str) -> bool:
    name = posixpath.basename(path)
    return is_dockerfile_name(name) or name.endswith((".dockerignore", ".gitignore", ".lock"))


def code_file(subject: Subject) -> FileEdit | None:
    """The file to edit, by the history of the image's own context."""
    return code_edit(subject.facts, git.change_counts(subject.image.context))


SCENARIO = FileChange("code-change", 30, Start.BUILDER, code_file)

"""The scenarios, and the edits that two of them make in the copy of the context."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Mapping

from imgopt.bench.edit import FileEdit
from imgopt.context.build_context import clean
from imgopt.context.discovery import is_dockerfile_name
from imgopt.errors import ConfigError
from imgopt.facts.file import FileFacts
from imgopt.facts.installs import PACKAGES, is_manifest

COLD, WARM, CODE_CHANGE, DEPS_CHANGE = "cold", "warm", "code-change", "deps-change"
BASE_CHANGE = "base-change"
CI, CI_CODE_CHANGE = "ci", "ci-code-change"  # an empty builder that imports a cache
SCENARIOS = (COLD, WARM, CODE_CHANGE, DEPS_CHANGE)  # what runs when none is named
KNOWN = (*SCENARIOS, BASE_CHANGE, CI, CI_CODE_CHANGE)

_LOOKED_AT_BYTES = 8000
_CODE = frozenset(
    (
        ".py .rb .js .jsx .ts .tsx .mjs .go .rs .java .kt .c .cc .cpp .cs .swift .scala"
        " .php .dart .ex .vue .svelte"
    ).split()
)


def choose(names: list[str], runs: int, own: Iterable[str] = ()) -> dict[str, int]:
    """Scenario → samples, in the order in which they run, from `NAME` and `NAME=RUNS`.

    `own` are the names of configured scenarios. The usual four for an empty list; ConfigError for
    an unknown one or a wrong number.
    """
    own = tuple(own)
    if taken := [name for name in own if name in KNOWN]:
        raise ConfigError(f"[scenarios.{taken[0]}]: imgopt has a scenario of that name; rename it")
    known = (*KNOWN, *own)
    wanted: dict[str, int] = {}
    for item in names or SCENARIOS:
        name, equals, number = item.partition("=")
        if name not in known:
            raise ConfigError(f"unknown scenario {name!r}; known: {', '.join(known)}")
        if equals and not (number.isdecimal() and 1 <= int(number) <= 1000):
            raise ConfigError(f"scenario {item!r}: the number of runs must be 1 to 1000")
        wanted[name] = int(number) if equals else runs
    return {name: wanted[name] for name in known if name in wanted}


def code_edit(facts: FileFacts, changes: Mapping[str, int]) -> FileEdit | None:
    """The file that people change most among those that the Dockerfile copies.

    `changes` says how often each path of the context was changed (from git); without that,
    source files come first. Binary files are left alone: white space behind an archive may break
    it. None when only manifests are copied.
    """
    copied = [p for p in _copied(facts) if not is_manifest(p) and not _is_about_the_build(p)]
    if not copied:
        return None

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


def deps_edit(facts: FileFacts) -> FileEdit | None:
    """The first manifest that an install of the build reads; None when there is none."""
    copied = set(_copied(facts))
    for index in sorted(facts.graph.needed(facts.targets)):
        for step in facts.stages[index].runs():
            for install in step.installs:
                if install.kind == PACKAGES and not install.files:
                    continue
                for file in install.files:
                    name = posixpath.basename(file)
                    for path in sorted(copied, key=lambda p: (p.count("/"), p)):
                        if posixpath.basename(path) == name:
                            return FileEdit(path)
                for pattern in install.manager.manifests:
                    folder = clean(install.command.cwd or ".")
                    for candidate in (pattern, posixpath.join(folder, pattern)):
                        if clean(candidate) in copied:
                            return FileEdit(clean(candidate))
    return None


def _copied(facts: FileFacts) -> dict[str, None]:
    """The files of the context that the build's COPYs and bind mounts take, in order; no links,
    since what they point to may be anywhere."""
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
    return {path: None for path in found if not (root / path).is_symlink()}

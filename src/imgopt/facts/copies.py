"""Facts about COPY: what is broad, what lands where."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable

from imgopt.context.build_context import BuildContext, clean
from imgopt.facts.managers import MANAGERS, Managers
from imgopt.facts.steps import Copy, Step

# Folders in which projects keep packages of their own, or code of others.
_LOCAL_PACKAGES = frozenset("vendors packages libs lib prisma third_party shared common".split())


def takes_everything(source: str) -> bool:
    """Whether a source is the whole context."""
    return clean(source.rstrip("*").rstrip("/") or ".") == "." and source not in ("", "/")


# What a layer may well hold twice, or hide: nobody pulls an image faster without it.
_SMALL = 1_000_000


def is_small(copy: Copy, context: BuildContext | None) -> bool:
    """Whether all that a COPY takes from the context is on disk, and is less than 1 MB."""
    if context is None or copy.from_ is not None:
        return False
    sizes = [context.size_of(source) for source in copy.sources if source and "://" not in source]
    return len(sizes) == len(copy.sources) and all(sizes) and sum(sizes) < _SMALL


def broad_source(
    copy: Copy, context: BuildContext | None, managers: Managers = MANAGERS
) -> str | None:
    """The first source that is a whole folder or takes source files by a glob, None if none is.

    Folders that installs need (local packages, patches, vendored code) are not broad.
    """
    sources = copy.sources if copy.from_ is None else ()
    return next((s for s in sources if s is not None and _is_broad(s, context, managers)), None)


def in_context(path: str, steps: Iterable[Step], context: BuildContext | None) -> str | None:
    """The path in the build context of what lies at an absolute path in the image, by the last of
    these steps' COPYs that brings it; None where none is known to."""
    found = None
    for step in steps:
        copy = step.copy
        if copy is None or copy.from_ is not None or copy.target is None:
            continue
        for source in copy.sources:
            if source and "://" not in source:
                found = _brought_from(path, source, copy.target, context) or found
    return found


def _brought_from(path: str, source: str, target: str, context: BuildContext | None) -> str | None:
    name = posixpath.basename(source.rstrip("/"))
    is_folder = takes_everything(source) or (context is not None and context.is_folder(source))
    if is_folder or source.endswith("/"):
        inside = posixpath.relpath(path, target) if below(path, target) else None
        return None if inside is None else clean(posixpath.join(source.rstrip("*"), inside))
    lands = posixpath.join(target, name) if target.endswith(("/", "/.")) else target
    known = context is not None and context.exists(source)
    if posixpath.normpath(lands) == path or (known and posixpath.join(target, name) == path):
        return clean(source)
    return None


def brings_source(copy: Copy, context: BuildContext | None, managers: Managers) -> bool:
    """Whether a COPY takes a folder of the context with more than manifests in it."""
    if copy.from_ is not None or context is None:
        return False
    return any(
        source is not None
        and context.is_folder(source)
        and not _are_manifests(context.sent_by(source), managers)
        for source in copy.sources
    )


def _is_broad(source: str, context: BuildContext | None, managers: Managers) -> bool:
    if "://" in source or source.startswith("git@"):
        return False
    if takes_everything(source):
        files = context.sent_by("*") if context and context.files else None
        return files is None or not _are_manifests(files, managers)
    if managers.is_manifest(source) or _is_for_installs(source, managers):
        return False
    if any(c in source for c in "*?["):
        taken = context.sent_by(source) if context else []
        return bool(taken) and not _are_manifests(taken, managers)
    return _is_source_folder(source, context, managers)


def _are_manifests(paths: list[str], managers: Managers) -> bool:
    return all(managers.is_manifest(path) for path in paths)


def _is_for_installs(source: str, managers: Managers) -> bool:
    name = posixpath.basename(source.rstrip("/"))
    return name in _LOCAL_PACKAGES or name in managers.folders


def _is_source_folder(source: str, context: BuildContext | None, managers: Managers) -> bool:
    if context is None or not context.is_folder(source):
        return source.endswith("/") and context is None
    inside = [path[len(clean(source)) + 1 :] for path in context.sent_by(source)]
    if not inside:
        return False
    local_package = any(path.count("/") <= 1 and managers.is_manifest(path) for path in inside)
    return not local_package


def below(path: str, folder: str) -> bool:
    """Whether an absolute path is the folder or in it."""
    path, folder = posixpath.normpath(path), posixpath.normpath(folder)
    return path == folder or path.startswith(folder.rstrip("/") + "/")

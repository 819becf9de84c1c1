"""Facts about COPY: what is broad, what lands where."""

from __future__ import annotations

import fnmatch
import posixpath

from imgopt.context.build_context import BuildContext, clean
from imgopt.facts.installs import is_manifest
from imgopt.facts.steps import Copy

# Folders that installs themselves need beside the manifests.
_NEEDED_BY_INSTALLS = frozenset(
    (
        "patches .yarn .pnpm vendor vendors requirements reqs packages libs lib wheels"
        " wheelhouse prisma gradle .mvn .cargo .bundle third_party shared common"
    ).split()
)


PATH_MAX = 4096  # Linux has no longer path
# Names that belong in no build context: what tools write, what versions are kept in, secrets.
NEVER_NEEDED = (
    ".git", "node_modules", ".venv", "__pycache__", ".mypy_cache", ".pytest_cache", ".ruff_cache",
    ".tox", ".nox", ".coverage", "htmlcov", ".next", ".nuxt", ".svelte-kit", ".turbo",
    ".parcel-cache", ".gradle", ".terraform", ".idea", ".vscode", ".DS_Store", ".env", "*.log",
)  # fmt: skip


def matches(path: str, pattern: str) -> bool:
    """Whether a part of a context path has that name."""
    return any(fnmatch.fnmatchcase(part, pattern) for part in path.split("/"))


def takes_everything(source: str) -> bool:
    """Whether a source is the whole context."""
    return clean(source.rstrip("*").rstrip("/") or ".") == "." and source not in ("", "/")


def broad_source(copy: Copy, context: BuildContext | None) -> str | None:
    """The first source that is a whole folder or takes source files by a glob, None if none is.

    Folders that installs need (local packages, patches, vendored code) are not broad.
    """
    if copy.from_ is not None:
        return None
    for source in copy.sources:
        if source is None or "://" in source or source.startswith("git@"):
            continue
        if takes_everything(source):
            if context and context.files and all(is_manifest(p) for p in context.sent_by("*")):
                continue
            return source
        if is_manifest(source) or posixpath.basename(source.rstrip("/")) in _NEEDED_BY_INSTALLS:
            continue
        if any(c in source for c in "*?["):
            if context and (taken := context.sent_by(source)) and not all(map(is_manifest, taken)):
                return source
        elif _is_source_folder(source, context):
            return source
    return None


def _is_source_folder(source: str, context: BuildContext | None) -> bool:
    if context is None or not context.is_folder(source):
        return source.endswith("/") and context is None
    inside = [path[len(clean(source)) + 1 :] for path in context.sent_by(source)]
    if not inside:
        return False
    local_package = any(is_manifest(path) and path.count("/") <= 1 for path in inside)
    return not local_package


def below(path: str, folder: str) -> bool:
    """Whether an absolute path is the folder or in it."""
    path, folder = posixpath.normpath(path), posixpath.normpath(folder)
    return path == folder or path.startswith(folder.rstrip("/") + "/")

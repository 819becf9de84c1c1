"""What a manifest in package.json's form says: scripts, local packages, its lock."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from typing import Any

from imgopt.context.build_context import BuildContext
from imgopt.documents import parse_json
from imgopt.facts.managers.model import Scripts

_GROUPS = ("dependencies", "devDependencies", "optionalDependencies", "peerDependencies")
_LOCAL = ("file:", "link:", "workspace:", "portal:")


def read_object(text: str | None) -> dict[str, Any] | None:
    """A JSON object, None where the text is none."""
    try:
        data = parse_json(text or "")
    except ValueError:
        return None
    return data if isinstance(data, dict) else None


def scripts_of(
    context: BuildContext | None, scripts: Scripts, folder: str = "."
) -> Mapping[str, str]:
    """The scripts of the manifest in a folder of the context by name; empty without one."""
    path = posixpath.normpath(posixpath.join(folder, scripts.file))
    found = (read_object(context.read_text(path)) if context else None) or {}
    named = found.get(scripts.key)
    return {k: str(v) for k, v in named.items()} if isinstance(named, dict) else {}


def major_version(context: BuildContext | None, folder: str, package: str) -> int | None:
    """The major version that the manifest in a folder, or at the context's top, asks for."""
    for place in (folder, "."):
        path = posixpath.normpath(posixpath.join(place, "package.json"))
        data = (read_object(context.read_text(path)) if context else None) or {}
        for group in _GROUPS:
            named = data.get(group)
            spec = str(named.get(package, "")) if isinstance(named, dict) else ""
            if found := re.match(r"[~^>=v\s]*(\d{1,6})\b", spec):
                return int(found[1])
    return None


def needs_source(text: str | None, scripts: Scripts) -> bool:
    """Whether installing what a manifest names needs more of the project than the manifest:
    workspaces, packages in folders, scripts that run at install."""
    data = read_object(text) or {}
    named = data.get(scripts.key)
    if data.get("workspaces") or (isinstance(named, dict) and scripts.at_install & set(named)):
        return True
    groups = [data.get(key) for key in _GROUPS[:3]]
    values = [v for group in groups if isinstance(group, dict) for v in group.values()]
    return any(str(v).startswith(_LOCAL) for v in values)


def lock_in_sync(context: BuildContext, manifest: str, lock: str) -> bool:
    """Whether a lock of npm's form names exactly what the manifest asks for; both are paths in
    the context."""
    own = read_object(context.read_text(posixpath.normpath(manifest)))
    locked = read_object(context.read_text(posixpath.normpath(lock)))
    packages = locked.get("packages") if locked else None
    root = packages.get("") if isinstance(packages, dict) else None
    if not own or not isinstance(root, dict):
        return False
    if any((own.get(g) or {}) != (root.get(g) or {}) for g in _GROUPS):
        return False
    wanted = (own.get(g) for g in _GROUPS[:2])
    return all(
        f"node_modules/{name}" in (packages or {})
        for group in wanted
        if isinstance(group, dict)
        for name in group
    )

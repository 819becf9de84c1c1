"""What manifests of lines say: requirements files with what they include, local packages."""

from __future__ import annotations

import posixpath
import re

from imgopt.context.build_context import BuildContext
from imgopt.regex import lazy

_INCLUDED = lazy(r"^[^\S\n]*+(?:-r|--requirement|-c|--constraint)[\s=]*(\S+)", re.MULTILINE)
_LOCAL_REQUIREMENT = lazy(
    r"^[^\S\n]*+(-e\s|--editable|\.{1,2}/|file:|[^#\s]+\s*@\s*file:)", re.MULTILINE
)
_LOCAL = lazy(
    rf"{_LOCAL_REQUIREMENT.pattern}|=>\s*\.{{1,2}}/|\bpath:|^[^\S\n]*+gemspec\b", re.MULTILINE
)


def names_local_requirements(text: str | None) -> bool:
    """Whether a requirements file names packages in folders of the project."""
    return bool(_LOCAL_REQUIREMENT.search(text or ""))


def names_local_packages(text: str | None) -> bool:
    """Whether a manifest of lines (requirements, go.mod, Gemfile) names packages in folders."""
    return bool(_LOCAL.search(text or ""))


def with_included(paths: list[str], context: BuildContext) -> tuple[str, ...] | None:
    """Requirements files of the context with those that they include, None when one is not there
    or names packages of the project."""
    found: dict[str, None] = {}
    todo = list(reversed(paths))
    while todo:
        path = todo.pop()
        if path in found:
            continue
        text = context.read_text(path)
        if text is None or path not in context.files or names_local_packages(text):
            return None
        found[path] = None
        for other in _INCLUDED.findall(text):
            if "://" not in other:
                todo.append(posixpath.normpath(posixpath.join(posixpath.dirname(path), other)))
    return tuple(found)

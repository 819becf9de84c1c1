"""Tells files that a template engine makes Dockerfiles of: Jinja, cookiecutter, ERB, Go."""

from __future__ import annotations

import re

from imgopt.regex import lazy

# What stands before a word in its line: `\s*` would look through all blank lines from each of them.
_INDENT = r"^[^\S\n]*+"
# In a file that parses, such signs may stand in a RUN (docker --format) or in a here-document.
_IN_FROM = lazy(rf"{_INDENT}FROM\s[^\n]*(\{{\{{|\{{%|<%)", re.MULTILINE | re.IGNORECASE)
_LINE = lazy(_INDENT + r"(\{%|\{\{|\{#|<%)", re.MULTILINE)
_IN_PATH = ("{{", "{%")
_HAS_FROM = lazy(rf"{_INDENT}FROM\s", re.MULTILINE | re.IGNORECASE)


def template_line(text: str, path: str, parses: bool) -> int:
    """The line that shows that a file is a template, 0 where none does.

    A path with a template's signs in it shows it, too. `parses` tells whether it is a Dockerfile
    as it is.
    """
    if any(sign in path for sign in _IN_PATH):
        return 1
    found = _IN_FROM.search(text) or (None if parses else _LINE.search(text))
    return text.count("\n", 0, found.end()) + 1 if found else 0


def is_fragment(error: str, text: str) -> bool:
    """Whether a file that the parser refuses has no FROM at all: something must stand before it."""
    return "no build stage" in error and not _HAS_FROM.search(text)

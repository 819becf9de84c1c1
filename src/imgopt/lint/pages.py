"""The rules' pages: `rules/*.md` in the repository, `imgopt/pages/` in the wheel.

A page is also its rule's test, with marks that only tests need; readers get it without them.
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

from imgopt.regex import lazy

# `make repository URL=…` writes the project's address here, and findings link to it from then on.
REPOSITORY = "https://git.example.org/example.org/imgopt"
_NONE = "https://git.example.org/"
_PACKAGE = Path(__file__).resolve().parent.parent
_FOLDERS = (_PACKAGE / "pages", _PACKAGE.parent.parent / "rules")
_BLOCK = lazy(
    r"^```(\w+) (bad|good|fixed|file=\S+|fixed=\S+)((?: [\w-]+=\d+)*)\n(.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
_EXPECTED = lazy(r"^[ \t]*# expect: IMG\d+[ \t]*\n", re.MULTILINE)


def page_name(rule: str, name: str) -> str:
    """The file name of a rule's page."""
    return f"{rule}-{name}.md"


def docs(rule: str, name: str) -> str | None:
    """Where a rule's page is: its URL, else its path in this installation, None without one."""
    if not REPOSITORY.startswith(_NONE):
        return f"{REPOSITORY}/blob/main/rules/{page_name(rule, name)}"
    file = _file(rule, name)
    return str(file) if file else None


def read_page(rule: str, name: str) -> str | None:
    """The page as Markdown for readers, None if it is not shipped."""
    file = _file(rule, name)
    return _BLOCK.sub(_for_readers, file.read_text(encoding="utf-8")) if file else None


@lru_cache(maxsize=256)
def _file(rule: str, name: str) -> Path | None:
    files = (folder / page_name(rule, name) for folder in _FOLDERS)
    return next((file for file in files if file.is_file()), None)


def _for_readers(match: re.Match[str]) -> str:
    """A block with a caption in place of its marks."""
    language, kind, options, body = match.groups()
    kind, _, path = kind.partition("=")
    caption = ""
    if kind == "fixed":
        caption = f"Fixed, `{path}`:\n\n" if path else "Fixed:\n\n"
    elif path:
        caption = f"`{path}`:\n\n"
    elif options:
        given = ", ".join(f"`{option.replace('=', ' = ')}`" for option in options.split())
        caption = f"With {given}:\n\n"
    return f"{caption}```{language}\n{_EXPECTED.sub('', body)}```"

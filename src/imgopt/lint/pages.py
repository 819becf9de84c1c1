"""The rules' pages: `rules/*.md` in the repository, `imgopt/pages/` in the wheel."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent.parent
_FOLDERS = (_PACKAGE / "pages", _PACKAGE.parent.parent / "rules")


def page_name(rule: str, name: str) -> str:
    """The page's path inside the project, as findings refer to it."""
    return f"rules/{rule}-{name}.md"


def read_page(rule: str, name: str) -> str | None:
    """The page's Markdown, None if it is not shipped."""
    for folder in _FOLDERS:
        file = folder / f"{rule}-{name}.md"
        if file.is_file():
            return file.read_text(encoding="utf-8")
    return None

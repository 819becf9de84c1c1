"""`make repository URL=https://HOST/OWNER/imgopt`: where this repository is, said once.

[project.urls] in pyproject.toml holds it; the pages that name it are written anew with it.
"""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGES = (
    "README.md",
    "docs/github-actions.md",
    "docs/gitlab-ci.md",
    "docs/pre-commit.md",
    "docs/weekly-report.md",
    "src/imgopt/lint/pages.py",
)
_URL = re.compile(r"https://[\w.-]+(?::\d+)?/(?P<path>[\w./-]+?)/?(?:\.git)?", re.ASCII)


def path_of(url: str) -> str:
    """OWNER/imgopt, which is what GitHub and GitLab call a repository on themselves."""
    found = _URL.fullmatch(url)
    if not found:
        raise SystemExit(f"{url!r} is not a URL such as https://HOST/OWNER/imgopt")
    return found["path"]


def change(root: Path, url: str) -> list[str]:
    """Write another URL where the present one stands; returns the files that changed."""
    url = url.removesuffix("/").removesuffix(".git")
    new = path_of(url)
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    present = project["urls"]["Repository"]
    path = re.compile(rf"(?<![\w./-]){re.escape(path_of(present))}(?![\w-])")
    changed = []
    for name in ("pyproject.toml", *PAGES):
        before = (root / name).read_text(encoding="utf-8")
        parts = [path.sub(new, part) for part in before.split(present)]
        after = url.join(parts)
        if after != before:
            (root / name).write_text(after, encoding="utf-8")
            changed.append(name)
    return changed


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit("usage: make repository URL=https://HOST/OWNER/imgopt")
    for file in change(ROOT, sys.argv[1]):
        print(f"changed {file}")

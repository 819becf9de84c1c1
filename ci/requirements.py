"""`requirements.py PYPROJECT [EXTRA…]`: what a project needs, without the project itself.

For layers that hold the packages and stay when only the project's code changes. With extras it
prints what they need, including that of extras they name.
"""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any


def requirements(project: dict[str, Any], extras: list[str]) -> Iterator[str]:
    """The requirements of a `[project]` table: its own, or those of extras."""
    if not extras:
        yield from project["dependencies"]
    for extra in extras:
        for text in project["optional-dependencies"][extra]:
            included = re.fullmatch(re.escape(project["name"]) + r"\[(.+)\]", text)
            if included:
                yield from requirements(project, re.split(r"\s*,\s*", included[1]))
            else:
                yield text


if __name__ == "__main__":
    table = tomllib.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))["project"]
    print(*dict.fromkeys(requirements(table, sys.argv[2:])), sep="\n")

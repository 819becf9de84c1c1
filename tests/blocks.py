"""The fenced blocks of the rules' pages: the rules' tests, and Dockerfiles for the others."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

RULES = Path(__file__).resolve().parent.parent / "rules"
_FENCE = re.compile(r"^```(\w+) (bad|good|fixed|file=\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_EXPECT = re.compile(r"^\s*# expect: (IMG\d+)\s*$")


@dataclass(frozen=True)
class Block:
    """One Dockerfile of a page; `files` is its build context, `expected` rule and line."""

    page: str
    rule: str
    kind: str
    line: int
    text: str
    files: dict[str, str] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return f"{self.rule}-{self.kind}-line{self.line}"

    @property
    def expected(self) -> list[int]:
        """The lines behind the `# expect:` comments."""
        lines = self.text.splitlines()
        return [n + 2 for n, line in enumerate(lines) if _EXPECT.match(line)]


def blocks() -> list[Block]:
    """All Dockerfiles of all pages; a `file=` block belongs to the next Dockerfile."""
    found = []
    for page in sorted(RULES.glob("IMG*.md")):
        text = page.read_text(encoding="utf-8")
        files: dict[str, str] = {}
        for match in _FENCE.finditer(text):
            line = text[: match.start()].count("\n") + 1
            if match[2].startswith("file="):
                files[match[2].removeprefix("file=")] = match[3]
            else:
                rule = page.name.split("-")[0]
                found.append(Block(page.name, rule, match[2], line, match[3], files))
                files = {}
    return found

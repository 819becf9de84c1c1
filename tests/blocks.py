"""The fenced blocks of the rules' pages: the rules' tests, and Dockerfiles for the others."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from pathlib import Path

RULES = Path(__file__).resolve().parent.parent / "rules"
_FENCE = re.compile(
    r"^```(\w+) (bad|good|fixed|file=\S+|fixed=\S+)((?: [\w-]+=\d+)*)\n(.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
_BUILDS = re.compile(r"compose\S*\.ya?ml$|\.hcl$|(^|/)Makefile$|^\.github/")
_EXPECT = re.compile(r"^\s*# expect: (IMG\d+)\s*$")


@dataclass(frozen=True)
class Block:
    """One Dockerfile of a page; `files` is its build context, `expected` rule and line.

    `fixed` is what its fixes make of it, and `fixed_files` of other files; None without a fix.
    """

    page: str
    rule: str
    kind: str
    line: int
    text: str
    files: dict[str, str] = field(default_factory=dict)
    options: dict[str, int] = field(default_factory=dict)
    fixed: str | None = None
    fixed_files: dict[str, str] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return f"{self.rule}-{self.kind}-line{self.line}"

    @property
    def expected(self) -> list[int]:
        """The lines behind the `# expect:` comments."""
        lines = self.text.splitlines()
        return [n + 2 for n, line in enumerate(lines) if _EXPECT.match(line)]

    @property
    def plain(self) -> str:
        """The text without those comments."""
        return "".join(x for x in self.text.splitlines(True) if not _EXPECT.match(x))

    @property
    def has_surroundings(self) -> bool:
        """Whether its files tell what builds it; else its folder is the build context."""
        return any(_BUILDS.search(name) and "target" in text for name, text in self.files.items())

    def write_context(self, folder: Path) -> None:
        if self.has_surroundings:
            (folder / ".git").mkdir()
        for name, text in self.files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text)


def blocks() -> list[Block]:
    """All Dockerfiles of all pages; `file=` blocks belong to the next one, `fixed` to the last."""
    found: list[Block] = []
    for page in sorted(RULES.glob("IMG*.md")):
        text = page.read_text(encoding="utf-8")
        files: dict[str, str] = {}
        for match in _FENCE.finditer(text):
            line = text[: match.start()].count("\n") + 1
            kind, body = match[2], match[4]
            if kind.startswith("file="):
                files[kind.removeprefix("file=")] = body
            elif kind == "fixed":
                found[-1] = replace(found[-1], fixed=body)
            elif kind.startswith("fixed="):
                name = kind.removeprefix("fixed=")
                found[-1] = replace(found[-1], fixed_files={**found[-1].fixed_files, name: body})
            else:
                rule = page.name.split("-")[0]
                options = {k: int(v) for k, _, v in (o.partition("=") for o in match[3].split())}
                found.append(Block(page.name, rule, kind, line, body, files, options))
                files = {}
    return found

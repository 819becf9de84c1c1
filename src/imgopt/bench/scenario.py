"""The scenarios, and the edits that two of them make in the copy of the context."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping

import msgspec

from imgopt.context.build_context import clean
from imgopt.dockerfile.packages import PACKAGES, is_manifest
from imgopt.errors import ConfigError
from imgopt.lint.facts import FileFacts

COLD, WARM, CODE_CHANGE, DEPS_CHANGE = "cold", "warm", "code-change", "deps-change"
SCENARIOS = (COLD, WARM, CODE_CHANGE, DEPS_CHANGE)

# Text that changes a file's content and not its meaning: a comment in the file's language.
_LINE_COMMENTS = {
    "#": [
        ".py",
        ".rb",
        ".sh",
        ".pl",
        ".r",
        ".yml",
        ".yaml",
        ".toml",
        ".ex",
        ".exs",
        ".tf",
        ".txt",
        ".in",
        ".cfg",
        ".mk",
    ],
    "//": [
        ".js",
        ".jsx",
        ".ts",
        ".tsx",
        ".mjs",
        ".cjs",
        ".go",
        ".rs",
        ".java",
        ".kt",
        ".kts",
        ".c",
        ".h",
        ".cc",
        ".cpp",
        ".hpp",
        ".cs",
        ".swift",
        ".scala",
        ".php",
        ".dart",
        ".scss",
        ".groovy",
        ".gradle",
        ".mod",
    ],
    "--": [".sql", ".lua", ".hs", ".elm"],
}
_BLOCK_COMMENTS = {
    ("<!--", "-->"): [
        ".html",
        ".htm",
        ".xml",
        ".vue",
        ".svelte",
        ".svg",
        ".csproj",
        ".fsproj",
        ".props",
    ],
    ("/*", "*/"): [".css", ".less"],
}
_CODE = frozenset(
    [
        ".py",
        ".rb",
        ".js",
        ".jsx",
        ".ts",
        ".tsx",
        ".mjs",
        ".go",
        ".rs",
        ".java",
        ".kt",
        ".c",
        ".cc",
        ".cpp",
        ".cs",
        ".swift",
        ".scala",
        ".php",
        ".dart",
        ".ex",
        ".vue",
        ".svelte",
        ".html",
        ".css",
        ".scss",
    ]
)
_COMMENTED_NAMES = {"Gemfile": "#", "Pipfile": "#", "Makefile": "#", "Dockerfile": "#"}


class FileEdit(msgspec.Struct, frozen=True):
    """A file of the context (relative path) that a scenario changes."""

    path: str

    def apply(self, original: bytes, mark: str) -> bytes:
        """New content: another one for every mark, the same meaning."""
        text = _neutral(self.path, mark)
        newline = b"" if original.endswith(b"\n") or not original else b"\n"
        return original + newline + text.encode()


def _neutral(path: str, mark: str) -> str:
    suffix = posixpath.splitext(path)[1].lower()
    name = posixpath.basename(path)
    for sign, suffixes in _LINE_COMMENTS.items():
        if suffix in suffixes or _COMMENTED_NAMES.get(name) == sign:
            return f"{sign} imgopt {mark}\n"
    for (start, end), suffixes in _BLOCK_COMMENTS.items():
        if suffix in suffixes:
            return f"{start} imgopt {mark} {end}\n"
    # No comments here (JSON): white space that spells the mark, one character a bit.
    bits = "".join(f"{byte:08b}" for byte in mark.encode())
    return bits.translate({ord("0"): " ", ord("1"): "\t"}) + "\n"


def check_names(names: list[str]) -> tuple[str, ...]:
    """The scenarios of those names in the order in which they run; ConfigError for an unknown one."""
    for name in names:
        if name not in SCENARIOS:
            raise ConfigError(f"unknown scenario {name!r}; known: {', '.join(SCENARIOS)}")
    return tuple(s for s in SCENARIOS if s in names) if names else SCENARIOS


def code_edit(facts: FileFacts, changes: Mapping[str, int]) -> FileEdit | None:
    """The file that people change most among those that the Dockerfile copies.

    `changes` says how often each path of the context was changed (from git); without that,
    source files come first. None when only manifests are copied.
    """
    copied = [path for path in _copied(facts) if not is_manifest(path)]
    if not copied:
        return None

    def rank(path: str) -> tuple[int, bool, bool, str]:
        suffix = posixpath.splitext(path)[1].lower()
        name = posixpath.basename(path)
        config = name.startswith((".", "__init__")) or "config" in name or "test" in path
        return (-changes.get(path, 0), suffix not in _CODE, config, path)

    return FileEdit(min(copied, key=rank))


def deps_edit(facts: FileFacts) -> FileEdit | None:
    """The first manifest that an install of the build reads; None when there is none."""
    copied = set(_copied(facts))
    for index in sorted(facts.graph.needed(facts.targets)):
        for step in facts.stages[index].runs():
            for install in step.installs:
                if install.kind == PACKAGES and not install.files:
                    continue
                for file in install.files:
                    name = posixpath.basename(file)
                    for path in sorted(copied, key=lambda p: (p.count("/"), p)):
                        if posixpath.basename(path) == name:
                            return FileEdit(path)
                for pattern in install.manager.manifests:
                    folder = clean(install.command.cwd or ".")
                    for candidate in (pattern, posixpath.join(folder, pattern)):
                        if clean(candidate) in copied:
                            return FileEdit(clean(candidate))
    return None


def _copied(facts: FileFacts) -> dict[str, None]:
    """The files of the context that the build's COPYs and bind mounts take, in order."""
    found: dict[str, None] = {}
    if facts.context is None:
        return found
    for index in sorted(facts.graph.needed(facts.targets)):
        for step in facts.stages[index].steps:
            sources: list[str | None] = []
            if step.copy and step.copy.from_ is None:
                sources = list(step.copy.sources)
            for mount in step.mounts:
                if mount.type == "bind" and "from" not in mount.options:
                    options = mount.options
                    sources.append(options.get("source") or options.get("src") or ".")
            for source in sources:
                if source and "://" not in source:
                    found.update(dict.fromkeys(facts.context.sent_by(source)))
    return found

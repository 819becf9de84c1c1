"""Edits that change a file's content and not its meaning."""

from __future__ import annotations

import posixpath

import msgspec

# Comment signs by the file's ending.
_LINE_COMMENTS = {
    "#": ".py .rb .sh .pl .r .yml .yaml .toml .ex .exs .tf .txt .in .cfg .mk".split(),
    "//": (
        ".js .jsx .ts .tsx .mjs .cjs .go .rs .java .kt .kts .c .h .cc .cpp .hpp .cs .swift"
        " .scala .php .dart .scss .groovy .gradle .mod"
    ).split(),
    "--": [".sql", ".lua", ".hs", ".elm"],
}
_BLOCK_COMMENTS = {
    ("<!--", "-->"): ".html .htm .xml .vue .svelte .svg .csproj .fsproj .props".split(),
    ("/*", "*/"): [".css", ".less"],
}
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

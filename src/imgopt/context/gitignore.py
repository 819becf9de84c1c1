"""What git ignores: .gitignore files, read and followed down a tree of folders.

Source: gitignore(5) and git's wildmatch.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path

import msgspec

from imgopt.context.automaton import Automaton, Class, Gap, State, Token
from imgopt.context.patterns import MAX_PATTERNS, token_at
from imgopt.errors import ConfigError
from imgopt.files import read_regular
from imgopt.regex import lazy

_MAX_BYTES = 200_000
_SPECIAL = lazy(r"[*?[\\]")
_STARS = lazy(r"\*{2,}")
_POSIX = lazy(r"\[:(\w+):\]")
_POSIX_RANGES: dict[str, tuple[tuple[str, str], ...]] = {
    "alnum": (("0", "9"), ("A", "Z"), ("a", "z")), "alpha": (("A", "Z"), ("a", "z")),
    "blank": ((" ", " "), ("\t", "\t")), "digit": (("0", "9"),), "lower": (("a", "z"),),
    "punct": (("!", "."), (":", "@"), ("[", "`"), ("{", "~")), "space": ((" ", " "), ("\t", "\r")),
    "upper": (("A", "Z"),), "xdigit": (("0", "9"), ("A", "F"), ("a", "f")),
}  # fmt: skip


class Ignored(msgspec.Struct, frozen=True):
    """What .gitignore files say of the names in one folder, the nearest file first."""

    chain: tuple[tuple[GitIgnore, State], ...] = ()

    def ignores(self, name: str, is_folder: bool) -> bool:
        for spec, state in self.chain:
            verdict = spec.verdict(state.after(name), is_folder)
            if verdict is not None:
                return verdict
        return False

    def inside(self, name: str) -> Ignored:
        """The same for the folder of that name, without a .gitignore of its own."""
        return Ignored(tuple((spec, state.after(name)["/"]) for spec, state in self.chain))

    def joined_by(self, folder: Path, note: Callable[[str], None]) -> Ignored:
        """With the folder's own .gitignore; one that cannot be read is noted. At the root of a
        repository, those above it count no more."""
        chain = () if os.path.lexists(folder / ".git") else self.chain
        own = _read(folder / ".gitignore", note)
        return Ignored(((own, own.start), *chain) if own else chain)


def ignored_in(folder: Path, note: Callable[[str], None]) -> Ignored:
    """What git ignores in a folder, by the .gitignore files in it and above it."""
    folder = folder.absolute()
    found = Ignored()
    for above in (*reversed(folder.parents), folder):
        found = (found.inside(above.name) if above.name else found).joined_by(above, note)
    return found


def _read(file: Path, note: Callable[[str], None]) -> GitIgnore | None:
    if not os.path.exists(file):
        return None
    try:
        data = read_regular(file, _MAX_BYTES)
        return GitIgnore(data.decode("utf-8", errors="replace").splitlines())
    except ConfigError as error:
        note(str(error))
    except ValueError as error:
        note(f"{file}: {error}")
    return None


class GitIgnore:
    """The lines of a .gitignore, over paths below its folder. Lines that git cannot read match
    nothing; ValueError for too many."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._automaton = Automaton()
        # Of each pattern: whether it excludes, and whether it means folders alone.
        self._meanings: list[tuple[bool, bool]] = []
        for line in lines:
            pattern = _trimmed(line)
            excludes = not pattern.startswith("!")
            pattern = pattern.removeprefix("!")
            folders_only = pattern.endswith("/")
            tokens = _git_tokens(pattern) if not line.startswith("#") else None
            if tokens is None:
                continue
            self._automaton.add(tokens, len(self._meanings))
            self._meanings.append((excludes, folders_only))
            if len(self._meanings) > MAX_PATTERNS:
                raise ValueError(f"has more than {MAX_PATTERNS} patterns")

    @property
    def start(self) -> State:
        return self._automaton.start

    def verdict(self, path: State, is_folder: bool) -> bool | None:
        """Whether a path is ignored, None where no line speaks of it; the last line decides."""
        for number in reversed(path.ends):
            excludes, folders_only = self._meanings[number]
            if is_folder or not folders_only:
                return excludes
        return None


def _trimmed(line: str) -> str:
    """A line without the spaces at its end, but for one that a backslash keeps."""
    bare = line.rstrip("\r\n").rstrip(" ")
    backslashes = len(bare) - len(bare.rstrip("\\"))
    return bare + " " if backslashes % 2 and len(bare) < len(line.rstrip("\r\n")) else bare


def _git_tokens(pattern: str) -> list[Token] | None:
    """A pattern of .gitignore without its `!`; None for one that matches nothing."""
    body = pattern.removesuffix("/")
    if not body.strip("/"):
        return None
    anchored = "/" in body
    body = body.removeprefix("/")
    tokens: list[Token] = [] if anchored else [Gap.FOLDERS]
    at = 0
    # git compares what comes before the first wildcard by itself, so that a ** right behind it
    # counts as one at the beginning.
    literal = _SPECIAL.split(body, maxsplit=1)[0] if anchored else ""
    while at < len(body):
        if at in (0, len(literal)) or body[at - 1] == "/":
            stars = _STARS.match(body, at)
            if stars is not None and stars.end() == len(body):
                return [*tokens, Gap.ANY]
            if stars is not None and body[stars.end()] == "/":
                at = stars.end() + 1
                if tokens[-1:] != [Gap.FOLDERS]:
                    tokens.append(Gap.FOLDERS)
                continue
        try:
            token, at = token_at(body, at, _git_class)
        except ValueError:
            return None
        if token is not Gap.NAME or tokens[-1:] != [token]:
            tokens.append(token)
    return tokens


def _git_class(body: str, at: int) -> tuple[Class, int]:
    """A class behind its [, and where the pattern goes on; ValueError where it has no end."""
    negated = body[at : at + 1] in ("!", "^")
    at += negated
    ranges: list[tuple[str, str]] = []
    start = at
    while at < len(body) and (body[at] != "]" or at == start):
        named = _POSIX.match(body, at)
        if named is not None:
            ranges += _POSIX_RANGES.get(named[1], ())
            at = named.end()
            continue
        first, at = _git_character(body, at)
        last = first
        if body.startswith("-", at) and body[at + 1 : at + 2] not in ("", "]"):
            last, at = _git_character(body, at + 1)
        ranges.append((first, last))
    if at >= len(body):
        raise ValueError("a class without an end")
    # No class of git takes a slash.
    return Class((*ranges, *((("/", "/"),) if negated else ())), negated), at + 1


def _git_character(body: str, at: int) -> tuple[str, int]:
    at += body.startswith("\\", at) and at + 1 < len(body)
    return body[at], at + 1

"""Patterns of paths as tokens: .dockerignore, COPY sources, globs of configuration.

Each dialect is read here once; context/automaton matches all of them. Paths have slashes, and
none at their end.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable

from imgopt.context.automaton import (
    ANY_CHARACTER,
    NO_SLASH,
    Automaton,
    Class,
    Gap,
    State,
    Token,
)
from imgopt.regex import lazy

# A .dockerignore that was written by people has some hundred at most.
MAX_PATTERNS = 5000
_BAD = "syntax error in pattern"
_WILDCARD = lazy(r"[*?\[\]\\]")


class Globs:
    """Globs of the shell over whole texts, as fnmatch has them: a star takes slashes, too."""

    def __init__(self, globs: Iterable[str]) -> None:
        self._automaton = Automaton()
        for number, glob in enumerate(globs):
            self._automaton.add(shell_tokens(glob), number)

    def matching(self, text: str) -> tuple[int, ...]:
        """The numbers of the globs that match all of a text, in order."""
        return self._automaton.start.after(text).ends


def copy_source(pattern: str) -> State:
    """Where paths begin that a COPY source with wildcards may take, as Go's filepath.Match reads
    it: what ends there, or in a folder that does, is taken. ValueError for what Go refuses."""
    automaton = Automaton()
    automaton.add(match_tokens(pattern), 0)
    return automaton.start


class Ignore:
    """The lines of a .dockerignore: what they leave out of the context.

    Source: moby/patternmatcher. ValueError for lines that it refuses, or that are too many.
    """

    def __init__(self, lines: Iterable[str]) -> None:
        self._exceptions: list[bool] = []
        self._automaton = Automaton()
        for line in lines:
            pattern = line.strip()
            if line.startswith("#") or not pattern:
                continue
            exception = pattern.startswith("!")
            if exception:
                pattern = pattern[1:].strip()
                if not pattern:
                    raise ValueError(f"invalid pattern {line[:80]!r}: nothing behind the !")
            try:
                tokens = ignore_tokens(pattern)
            except ValueError as error:
                raise ValueError(f"invalid pattern {line[:80]!r}: {error}") from error
            self._automaton.add(tokens, len(self._exceptions), sought=exception)
            self._exceptions.append(exception)
            if len(self._exceptions) > MAX_PATTERNS:
                raise ValueError(f"has more than {MAX_PATTERNS} patterns")
        # Sets of patterns that count, by number; and what was found of them and a path's own.
        self._sets: list[tuple[int, ...]] = [()]
        self._numbers: dict[tuple[int, ...], int] = {(): 0}
        self._verdicts: dict[tuple[int, tuple[int, ...]], tuple[int, bool]] = {}
        self.root = Place(self, self._automaton.start, 0, False)

    def excludes(self, path: str) -> bool:
        """Whether a path is left out, by itself or with a folder above it."""
        folder, _, name = path.rpartition("/")
        place = self.root
        for part in folder.split("/") if folder else ():
            place = place.inside(part)
        return place.excludes(name)

    def matching(self, path: str) -> tuple[int, ...]:
        """The numbers, from 0, of the patterns that match the path itself."""
        return self._automaton.start.after(path).ends

    def verdict(self, above: int, own: tuple[int, ...]) -> tuple[int, bool]:
        """Which patterns count for a path, as a number, and whether it is left out.

        `above` stands for those that counted for its folder, `own` are those that match the path
        itself. A pattern that could change nothing when its turn came does not count.
        """
        if not above and not own:
            return 0, False
        found = self._verdicts.get((above, own))
        if found is None:
            self._automaton.spend(len(own) + len(self._sets[above]))
            found = self._verdicts[above, own] = self._verdict(above, own)
        return found

    def _verdict(self, above: int, own: tuple[int, ...]) -> tuple[int, bool]:
        excluded = False
        counting: list[int] = []
        inherited = frozenset(self._sets[above])
        for number in sorted(inherited.union(own)):
            exception = self._exceptions[number]
            if number not in inherited and exception != excluded:
                continue
            counting.append(number)
            excluded = not exception
        key = tuple(counting)
        if key not in self._numbers:
            self._numbers[key] = len(self._sets)
            self._sets.append(key)
        return self._numbers[key], excluded


class Place:
    """A folder seen through an Ignore: `excluded` when it is left out itself."""

    __slots__ = ("_counting", "_ignore", "_names", "excluded")

    def __init__(self, ignore: Ignore, names: State, counting: int, excluded: bool) -> None:
        self._ignore = ignore
        self._names = names  # where the names of what is inside begin
        self._counting = counting
        self.excluded = excluded

    def excludes(self, name: str) -> bool:
        """Whether what has that name in this folder is left out."""
        return self._ignore.verdict(self._counting, self._names.after(name).ends)[1]

    def inside(self, name: str) -> Place:
        """The folder of that name in this folder."""
        state = self._names.after(name)
        counting, excluded = self._ignore.verdict(self._counting, state.ends)
        return Place(self._ignore, state["/"], counting, excluded)

    @property
    def may_take_back(self) -> bool:
        """Whether a `!` line could take back something in this folder, at any depth."""
        return self._names.may_go_on


def shell_tokens(glob: str) -> list[Token]:
    """A glob as Python's fnmatch reads it."""
    tokens: list[Token] = []
    at = 0
    while at < len(glob):
        char = glob[at]
        at += 1
        if char == "*":
            if tokens[-1:] != [Gap.ANY]:
                tokens.append(Gap.ANY)
        elif char == "?":
            tokens.append(ANY_CHARACTER)
        elif char == "[" and (end := _shell_class_end(glob, at)) > 0:
            tokens.append(_shell_class(glob[at:end]))
            at = end + 1
        else:
            tokens.append(char)
    return tokens


def _shell_class_end(glob: str, at: int) -> int:
    """Where the ] of a class stands that begins at `at`; -1 where there is none."""
    at += glob.startswith("!", at)
    return glob.find("]", at + glob.startswith("]", at))


def _shell_class(inside: str) -> Class:
    negated = inside.startswith("!")
    ranges = []
    at = int(negated)
    while at < len(inside):
        if inside.startswith("-", at + 1) and at + 2 < len(inside):
            ranges.append((inside[at], inside[at + 2]))
            at += 3
        else:
            ranges.append((inside[at], inside[at]))
            at += 1
    return Class(tuple((first, last) for first, last in ranges if first <= last), negated)


def match_tokens(pattern: str) -> list[Token]:
    """A pattern as Go's filepath.Match reads it. ValueError for one that it refuses."""
    tokens: list[Token] = []
    at = 0
    while at < len(pattern):
        token, at = token_at(pattern, at, _class)
        if token is not Gap.NAME or tokens[-1:] != [token]:
            tokens.append(token)
    return tokens


def ignore_tokens(pattern: str) -> list[Token]:
    """A pattern of .dockerignore, without its `!`. ValueError for one that Docker refuses."""
    pattern = posixpath.normpath(re.sub("/+", "/", pattern))
    if len(pattern) > 1:
        pattern = pattern.removeprefix("/")
    rest = pattern[2:]
    if pattern.startswith("**") and not rest.startswith("/") and not _WILDCARD.search(rest):
        return [Gap.ANY, *rest]  # the text ends so, be it within a name
    tokens: list[Token] = []
    at = 0
    while at < len(pattern):
        if pattern.startswith("**", at):
            at += 2
            at += pattern.startswith("/", at)
            gap = Gap.FOLDERS if at < len(pattern) else Gap.ANY
            if tokens[-1:] != [gap]:
                tokens.append(gap)
            continue
        token, at = token_at(pattern, at, _class)
        tokens.append(token)
    return tokens


def token_at(
    pattern: str, at: int, class_at: Callable[[str, int], tuple[Class, int]]
) -> tuple[Token, int]:
    """What stands in a pattern of paths at a place, and where the pattern goes on.

    `class_at` reads a class behind its [. ValueError for a backslash at the end.
    """
    char = pattern[at]
    at += 1
    if char == "*":
        return Gap.NAME, at
    if char == "?":
        return NO_SLASH, at
    if char == "[":
        return class_at(pattern, at)
    if char != "\\":
        return char, at
    if at >= len(pattern):
        raise ValueError(_BAD)
    return pattern[at], at + 1


def _class(pattern: str, at: int) -> tuple[Class, int]:
    """A class of Go behind its [, and where the pattern goes on."""
    negated = pattern.startswith("^", at)
    at += negated
    ranges: list[tuple[str, str]] = []
    while not (ranges and pattern.startswith("]", at)):
        first, at = _class_character(pattern, at)
        last = first
        if pattern.startswith("-", at):
            last, at = _class_character(pattern, at + 1)
        if first <= last:
            ranges.append((first, last))
        else:
            raise ValueError(_BAD)
    return Class(tuple(ranges), negated), at + 1


def _class_character(pattern: str, at: int) -> tuple[str, int]:
    if at >= len(pattern) or pattern[at] in "-]":
        raise ValueError(_BAD)
    if pattern[at] == "\\":
        at += 1
    if at + 1 >= len(pattern):
        raise ValueError(_BAD)
    return pattern[at], at + 1

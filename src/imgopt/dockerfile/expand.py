"""Expansion of variables in the words of a Dockerfile, as BuildKit's shell lexer does it.

Written anew rather than taken from a library because a Dockerfile is not to be trusted: what
variables come to is bounded, and their patterns are matched without backtracking.
Source: BuildKit, frontend/dockerfile/shell/lex.go.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from imgopt.regex import lazy

Env = Mapping[str, str | None]

# A longer value is unknown; Linux takes no longer one as an argument of a program either.
MAX_VALUE = 65_536
# What all expansions of one file may come to, in characters.
MAX_TOTAL = 4_000_000
_MAX_DEPTH = 50
# Characters of a value times those of a pattern.
_MAX_MATCHING = 200_000
_SPECIAL_PARAMETERS = "@*#?-$!0"
_PLAIN = lazy(r"""[^$'"\\`}/]+""")


class Expander:
    """Expands the words of one file; it knows how much they may still come to."""

    def __init__(self, escape: str = "\\") -> None:
        self.escape = escape
        self._left = MAX_TOTAL

    def expand(self, text: str, env: Env) -> str | None:
        """The text with its variables replaced; None when one of them has no known value."""
        return self.word(text, env) if "$" in text else text

    def word(self, text: str, env: Env) -> str | None:
        """The same, quotes and escapes removed also where there is no variable.

        A value of which a dollar sign is left counts as unknown.
        """
        try:
            result = _Word(text, env, self.escape).until("", False)
        except (ValueError, RecursionError):
            return None
        if "$" in text:
            self._left -= len(result)
            if "$" in result or self._left < 0:
                return None
        return result


class _Word:
    """One word that is read from left to right. ValueError for what BuildKit refuses, and for
    what comes to more than MAX_VALUE."""

    def __init__(self, text: str, env: Env, escape: str) -> None:
        self._text = text
        self._env = env
        self._escape = escape
        self._at = 0
        self._depth = 0
        self._left = MAX_VALUE + len(text)

    def until(self, stop: str, raw_escapes: bool) -> str:
        """The expanded text up to a character (not taken), or to the end where there is none."""
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise ValueError("nested too deeply")
        parts: list[str] = []
        while (char := self._peek()) != stop:
            if not char:
                raise ValueError(f"no {stop} to the end")
            plain = _PLAIN.match(self._text, self._at)
            if plain is not None:
                parts.append(plain[0])
                self._at = plain.end()
            elif char == "$":
                parts.append(self._dollar(raw_escapes))
            elif char == "'":
                parts.append(self._single_quoted())
            elif char == '"':
                parts.append(self._double_quoted(raw_escapes))
            else:
                self._at += 1
                if char == self._escape:
                    parts.append(char if raw_escapes else "")
                    char = self._take()
                parts.append(char)
        self._depth -= 1
        found = "".join(parts)
        if len(found) > MAX_VALUE:
            raise ValueError("the value is too long")
        return found

    def _peek(self) -> str:
        return self._text[self._at : self._at + 1]

    def _take(self) -> str:
        char = self._peek()
        self._at += 1
        return char

    def _single_quoted(self) -> str:
        end = self._text.find("'", self._at + 1)
        if end < 0:
            raise ValueError("no closing single quote")
        found = self._text[self._at + 1 : end]
        self._at = end + 1
        return found

    def _double_quoted(self, raw_escapes: bool) -> str:
        """Between double quotes, the escape character is one before `"`, `$` and itself only."""
        self._at += 1
        parts: list[str] = []
        while (char := self._peek()) != '"':
            if not char:
                raise ValueError("no closing double quote")
            if char == "$":
                parts.append(self._dollar(raw_escapes))
                continue
            self._at += 1
            if char == self._escape:
                parts.append(char if raw_escapes else "")
                following = self._peek()
                if not following:
                    continue
                if following in ('"', "$", self._escape):
                    char = self._take()
            parts.append(char)
        self._at += 1
        return "".join(parts)

    def _spend(self, value: str) -> str:
        self._left -= len(value)
        if self._left < 0:
            raise ValueError("the value is too long")
        return value

    def _dollar(self, raw_escapes: bool) -> str:
        self._at += 1
        if self._peek() != "{":
            name = self._name()
            value = self._env.get(name) if name else None
            return "$" + name if value is None else self._spend(value)
        self._at += 1
        if self._peek() in ("", "{", "}", ":"):
            raise ValueError("bad substitution")
        name = self._name()
        operator = self._take()
        value = self._env.get(name)
        if operator == "}":
            return "${" + name + "}" if value is None else self._spend(value)
        if operator == "/":
            return self._replaced(name, value)
        if operator == ":":
            operator += self._take()
        if operator not in ("+", "-", "?", ":+", ":-", ":?", "#", "%"):
            raise ValueError("unsupported modifier")
        word = self.until("}", operator in ("#", "%"))
        self._at += 1
        if value is None:
            return "${" + name + operator + word + "}"
        return self._spend(_modified(operator, value, word))

    def _replaced(self, name: str, value: str | None) -> str:
        """`${name/pattern/replacement}`, and with a second slash every match."""
        every = self._peek() == "/"
        self._at += every
        pattern = self.until("/", True)
        self._at += 1
        replacement = self.until("}", True)
        self._at += 1
        if value is None:
            return "${" + name + ("//" if every else "/") + pattern + "/" + replacement + "}"
        return self._spend(_replace(value, pattern, replacement, every))

    def _name(self) -> str:
        """Letters, digits and _; or digits alone, or one special character."""
        start = self._at
        first = self._peek()
        if first and first in _SPECIAL_PARAMETERS and not first.isdecimal():
            self._at += 1
            return first
        digits = first.isdecimal()
        while char := self._peek():
            if not (
                char.isdecimal() if digits else char.isalpha() or char.isdecimal() or char == "_"
            ):
                break
            self._at += 1
        return self._text[start : self._at]


def _modified(operator: str, value: str, word: str) -> str:
    """What `${name<operator>word}` gives for a variable that is set."""
    if operator == "#":
        return _without_prefix(value, word)
    if operator == "%":
        return _without_suffix(value, word)
    unset = value == "" and operator.startswith(":")
    if operator.endswith("?") and unset:
        raise ValueError("is not allowed to be empty")
    if operator.endswith("+"):
        return "" if unset else word
    return word if operator.endswith("-") and unset else value


# A pattern is its parts between stars; None in a part stands for any one character.
_Part = list[str | None]


def _parts(pattern: str) -> list[_Part]:
    parts: list[_Part] = [[]]
    at = 0
    while at < len(pattern):
        char = pattern[at]
        at += 1
        if char == "*":
            parts.append([])
            continue
        if char == "\\":
            char = pattern[at : at + 1]
            if char in ("}", "/"):
                continue  # the escape was for the ${}, not for the pattern
            if char not in ("*", "?", "\\"):
                raise ValueError("invalid escape in the pattern")
            at += 1
            parts[-1].append(char)
        else:
            parts[-1].append(None if char == "?" else char)
    return parts


def _check_work(value: str, pattern: str) -> None:
    if "\n" in value or len(value) * len(pattern) > _MAX_MATCHING:
        raise ValueError("too much to match")


def _without_prefix(value: str, word: str) -> str:
    greedy = word.startswith("#")
    pattern = word[1:] if greedy else word
    _check_work(value, pattern)
    return value[_prefix_length(value, _parts(pattern), greedy) :]


def _without_suffix(value: str, word: str) -> str:
    greedy = word.startswith("%")
    pattern = word[1:] if greedy else word
    _check_work(value, pattern)
    backward = "".join(reversed(re.findall(r"\\.|.", pattern, re.DOTALL)))  # \\* stays one sign
    return value[: len(value) - _prefix_length(value[::-1], _parts(backward), greedy)]


def _prefix_length(value: str, parts: list[_Part], longest: bool) -> int:
    """How much of the value's beginning the pattern matches; 0 where it does not."""
    first = len(parts[0])
    if _find(value[:first], parts[0], 0) != 0:
        return 0
    return max(0, _end(value, first, parts[1:], longest))


def _replace(value: str, pattern: str, replacement: str, every: bool) -> str:
    _check_work(value, pattern)
    parts = _parts(pattern)
    if not any(parts):
        raise ValueError("the pattern matches nothing, too")
    done: list[str] = []
    at = length = 0
    while (start := _find(value, parts[0], at)) >= 0:
        end = _end(value, start + len(parts[0]), parts[1:], longest=True)
        if end < 0:
            break
        done += [value[at:start], replacement]
        length += start - at + len(replacement)
        if length > MAX_VALUE:
            raise ValueError("the value is too long")
        at = end
        if not every:
            break
    return "".join([*done, value[at:]])


def _end(value: str, at: int, parts: list[_Part], longest: bool) -> int:
    """Where a match ends whose first part ends at `at`; -1 if the others do not follow.

    Each part is taken as early as it stands, which leaves the most to the next.
    """
    for index, part in enumerate(parts):
        if longest and index == len(parts) - 1:
            backward = _find(value[at:][::-1], part[::-1], 0)
            return len(value) - backward if backward >= 0 else -1
        start = _find(value, part, at)
        if start < 0:
            return -1
        at = start + len(part)
    return at


def _find(value: str, part: _Part, at: int) -> int:
    """Where a part of a pattern stands first, from `at` on; -1 if nowhere."""
    literal = "".join(char for char in part if char is not None)
    if len(literal) == len(part):
        return value.find(literal, at)
    regex = "".join("." if char is None else re.escape(char) for char in part)
    found = re.compile(regex).search(value, at)
    return found.start() if found else -1

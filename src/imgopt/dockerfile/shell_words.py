"""The words of shell commands: quotes taken off, programs that only start another one read past."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping

import msgspec

from imgopt.dockerfile.model import Span


class ShellWord(msgspec.Struct, frozen=True):
    """`value` has quotes removed; variables stay as written and make the word `dynamic`."""

    value: str
    dynamic: bool
    span: Span


class Variable(msgspec.Struct, frozen=True):
    """A variable that an earlier command of the same script has set.

    `value` is as written without quotes, None where only the run knows it; programs see it where
    it is `exported`.
    """

    value: str | None
    exported: bool


class Unwrapped(msgspec.Struct, frozen=True):
    """The words of the program that is started in the end, the variables that it is given, and
    the user who runs it: empty where nothing says another one, None where that is not known."""

    argv: tuple[ShellWord, ...]
    assigned: tuple[tuple[str, str], ...]
    user: str | None = ""


class _Wrapper(msgspec.Struct, frozen=True):
    """A program that starts the one that its words name, after `skips` words of its own.

    `values` are flags that take the next word, `user` the one that names a user; it is `runs_as`
    without that flag. With one of `asks` it starts nothing.
    """

    values: frozenset[str] = frozenset()
    skips: int = 0
    user: tuple[str, ...] = ()
    runs_as: str = ""
    asks: frozenset[str] = frozenset()


_WRAPPERS: Mapping[str, _Wrapper] = {
    "sudo": _Wrapper(
        frozenset("-u --user -g --group -h --host -p --prompt -C -D -R -T -U -r -t".split()),
        user=("-u", "--user"),
        runs_as="root",
    ),
    "env": _Wrapper(frozenset("-u --unset -C --chdir".split())),
    "exec": _Wrapper(frozenset({"-a"})),
    "time": _Wrapper(frozenset("-f --format -o --output".split())),
    "nice": _Wrapper(frozenset("-n --adjustment".split())),
    "ionice": _Wrapper(frozenset("-c --class -n --classdata".split())),
    "timeout": _Wrapper(frozenset("-s --signal -k --kill-after".split()), skips=1),
    "stdbuf": _Wrapper(frozenset("-i -o -e --input --output --error".split())),
    "command": _Wrapper(asks=frozenset({"-v", "-V"})),
    **dict.fromkeys(("nohup", "builtin", "eatmydata"), _Wrapper()),
}


def unwrapped(argv: tuple[ShellWord, ...]) -> Unwrapped:
    """Read past what only starts another program: `sudo -u app env A=b pip …` is pip with A=b."""
    words = list(argv)
    assigned: list[tuple[str, str]] = []
    user: str | None = ""
    while len(words) > 1 and (wrapper := _WRAPPERS.get(posixpath.basename(words[0].value))):
        if words[1].value in wrapper.asks:
            break
        words.pop(0)
        user = wrapper.runs_as or user
        while words and (words[0].value.startswith("-") or _is_assignment(words[0].value)):
            word = words.pop(0)
            name, equals, value = word.value.partition("=")
            if not word.value.startswith("-"):
                assigned.append((name, value))
                continue
            if name in wrapper.values and not equals and words:
                word = words.pop(0)
                value = word.value
            if name in wrapper.user:
                user = None if word.dynamic else value
        del words[: wrapper.skips]
    return Unwrapped(tuple(words), tuple(assigned), user) if words else Unwrapped(argv, ())


def _is_assignment(word: str) -> bool:
    return "=" in word.split("/")[0]


def unquoted(raw: str) -> str:
    """Remove shell quotes; backslashes outside single quotes protect the next character."""
    if not any(c in raw for c in "\"'\\"):
        return raw
    out: list[str] = []
    quote = ""
    index = 0
    while index < len(raw):
        char = raw[index]
        if char == "\\" and quote != "'" and index + 1 < len(raw):
            index += 1
            if raw[index] != "\n":
                out.append(raw[index])
        elif quote:
            if char == quote:
                quote = ""
            else:
                out.append(char)
        elif char in "\"'":
            quote = char
        else:
            out.append(char)
        index += 1
    return "".join(out)

"""The one place where text of others is made fit for where it is printed.

Paths, names of services, members of archives, lines of Dockerfiles and of logs may hold control
characters, which move a terminal's cursor; words that a CI system takes for commands when they
stand in its log (`::error::`, `##[error]`); or markup.
"""

from __future__ import annotations

import json
import re
import unicodedata
from typing import Any

import msgspec

from imgopt.regex import lazy

_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what spreadsheets begin one with
_JOINERS = "\u200c\u200d"  # of scripts and emoji; they do nothing to a terminal
_MARKUP = lazy(r"([\\*_{}\[\]<>#|!~`])")
# Forges and chats tell whoever is mentioned, and make links of addresses, anywhere in a text.
_MENTION = lazy(r"(?<![\w/])@(?=\w)|(?<=<)[@!#]")
_CHAT_COMMAND = lazy(r"(?<=<)[@!#]")
_ADDRESS = lazy(r"\b(?:https?|ftp)(?=://)|\bwww(?=\.)", re.IGNORECASE)
_BREAK = "\N{WORD JOINER}"
# GitHub and Azure DevOps look for these anywhere in a line of a log.
_LOG_COMMAND = lazy(r"##(?=\w*\[[A-Za-z])")
_NOT_ASCII = lazy("[^\n -~]")


def printable(text: str) -> str:
    """The text without control characters and log commands; its length stays the same.

    Tabs and odd blanks become a space, everything else that does not print a replacement sign.
    """
    if not text.isprintable():
        text = "".join(map(_shown, text))
    return _LOG_COMMAND.sub("#" + _REPLACEMENT, text) if "##" in text else text


def _shown(sign: str) -> str:
    if sign.isprintable() or sign in _JOINERS:
        return sign
    return " " if sign == "\t" or unicodedata.category(sign) == "Zs" else _REPLACEMENT


def line(text: str) -> str:
    """A printable text that may stand at the start of a line."""
    return without_command(printable(text))


def without_command(text: str) -> str:
    """A line that does not begin with `::`, a command in a log; its length stays the same."""
    start = len(text) - len(text.lstrip())
    if text.startswith("::", start):
        return text[:start] + _REPLACEMENT + text[start + 1 :]
    return text


def lines(text: str, indent: str = "  ") -> str:
    """Several lines, each printable; those after the first are indented."""
    first, *rest = text.rstrip("\n").split("\n")
    return "\n".join((line(first), *(indent + line(part) for part in rest)))


def cut(text: str, room: int) -> str:
    """At most `room` characters, the last an ellipsis when something is left out."""
    return text if len(text) <= room else text[: room - 1] + "…"


def markdown(text: str) -> str:
    """One line of Markdown in which nothing but code spans is markup; fit for a table's cell."""
    parts = printable(" ".join(text.split())).split("`")
    if len(parts) % 2 == 0:  # the last backtick opens nothing
        parts[-2:] = ["`".join(parts[-2:])]
    return "".join(
        _plain(part) if number % 2 == 0 else code_span(part) for number, part in enumerate(parts)
    )


def _plain(text: str) -> str:
    """Text that mentions nobody, and is neither link nor markup."""
    text = _MARKUP.sub(r"\\\1", _MENTION.sub(_broken, text))
    return _ADDRESS.sub(lambda found: found[0] + "\\", text)


def _broken(match: re.Match[str]) -> str:
    return match[0] + _BREAK


def code_span(text: str) -> str:
    """Text of others as a code span that cannot end early, nor end a cell."""
    text = printable(text).replace("`", "´").replace("|", "¦")
    return f"`{_CHAT_COMMAND.sub(_broken, text)}`"


def cell(value: object) -> object:
    """A cell of CSV: text in one line, which does not begin like a formula of a spreadsheet."""
    if not isinstance(value, str):
        return value
    text = printable(value)
    return "'" + text if value[:1] in _FORMULA else text


def json_text(document: Any, indent: int = 2) -> str:
    """A JSON document that reads well (in one line where `indent` is negative), with what does not
    print as escapes, and a newline."""
    try:
        text = msgspec.json.format(msgspec.json.encode(document), indent=indent).decode() + "\n"
    except UnicodeEncodeError:  # bytes of others that are no text, which only json lets through
        text = json.dumps(document, indent=max(indent, 0) or None, ensure_ascii=False) + "\n"
    return _LOG_COMMAND.sub(r"#\\u0023", _NOT_ASCII.sub(_json_escape, text))


def _json_escape(match: re.Match[str]) -> str:
    sign = match[0]
    if sign.isprintable() or sign in _JOINERS:
        return sign
    if "\ud800" <= sign <= "\udfff":  # bytes that are no text; JSON cannot hold them
        return _REPLACEMENT
    return json.dumps(sign)[1:-1]

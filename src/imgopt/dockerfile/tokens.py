"""Where the words of a joined instruction stand: BuildKit's word rules, with offsets."""

from __future__ import annotations

from itertools import islice

from imgopt.regex import lazy

_SPACE = " \t\v\f\r\n\u0085\u00a0"
_FIELD = lazy(r"[^\t\v\f\r ]+")
_JSON_STRING = lazy(r'"(?:[^"\\]|\\.)*"')


def split_fields(text: str, start: int, most: int | None = None) -> list[tuple[int, int]]:
    """Offsets [start, end) of the words (at `most` that many) from `start` on, quotes not honoured.

    Source: parseStringsWhitespaceDelimited in BuildKit's parser/line_parsers.go, which FROM, COPY,
    ADD, EXPOSE and VOLUME use.
    """
    return [match.span() for match in islice(_FIELD.finditer(text, start), most)]


def split_words(
    text: str, start: int, escape: str, most: int | None = None
) -> list[tuple[int, int]]:
    """Offsets [start, end) of the words (at `most` that many) from `start` on, quotes honoured.

    Source: parseWords in BuildKit's parser/line_parsers.go, which ARG, ENV and LABEL use.
    """
    found: list[tuple[int, int]] = []
    position, end = start, len(text)
    while position < end and (most is None or len(found) < most):
        if text[position] in _SPACE:
            position += 1
            continue
        begin, quote = position, ""
        while position < end:
            char = text[position]
            if not quote and char in _SPACE:
                break
            if char == escape and quote != "'":
                position += 2
                continue
            if quote:
                quote = "" if char == quote else quote
            elif char in "\"'":
                quote = char
            position += 1
        position = min(position, end)
        found.append((begin, position))
    return found


def json_strings(text: str, start: int) -> list[tuple[int, int]]:
    """Offsets of the string literals of a JSON array, quotes included."""
    return [match.span() for match in _JSON_STRING.finditer(text, start)]

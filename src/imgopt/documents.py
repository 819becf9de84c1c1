"""JSON and TOML of others as plain values, within a budget of size and depth.

Both parsers recurse with the nesting, and tomllib's memory grows with the square of a dotted key.
"""

from __future__ import annotations

import json
import re
from typing import Any

from imgopt.regex import lazy

MAX_DEPTH = 100
MAX_TOML_BYTES = 500_000
MAX_JSON_CHARACTERS = 10_000_000
_MAX_DOTS = 16
# Each alternative takes an unclosed string to its end, so that every character is read once.
_JSON_STRING = lazy(r'"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)', re.DOTALL)
_TOML_STRING = lazy(
    r'"""(?:[^"\\]++|\\.|"(?!""))*+(?:"{3,5}|\\?\Z)'
    r"|'''.*?(?:'{3,5}|\Z)"
    r'|"(?:[^"\\\n]++|\\[^\n])*+(?:"|\\?$)'
    r"|'[^'\n]*+(?:'|$)"
    r"|(?P<comment>#[^\n]*)",
    re.DOTALL | re.MULTILINE,
)
_LONG_KEY = lazy(rf"(?<![\w-])(?:[\w-]++[ \t]*+\.[ \t]*+){{{_MAX_DOTS}}}")
_BRACKET = lazy(r"[\[\]{}]")


def parse_json(text: str) -> Any:
    """The value of a JSON text. ValueError for one that is none, too long or nested too deeply."""
    if len(text) > MAX_JSON_CHARACTERS:
        raise ValueError(f"has more than {MAX_JSON_CHARACTERS // 1_000_000} million characters")
    if _may_be_deep(text):
        _check_depth(_JSON_STRING.sub("", text))
    return json.loads(text)


def parse_toml(text: str) -> dict[str, Any]:
    """The table of a TOML text. ValueError for one that is none, too long or nested too deeply."""
    import tomllib

    if len(text) > MAX_TOML_BYTES:
        raise ValueError(f"has more than {MAX_TOML_BYTES // 1000} kB")
    if _may_be_deep(text) or text.count(".") >= _MAX_DOTS:
        bare = _TOML_STRING.sub(_blank, text)
        _check_depth(bare)
        if (key := _LONG_KEY.search(bare)) is not None:
            line = bare.count("\n", 0, key.start()) + 1
            raise ValueError(f"a key of more than {_MAX_DOTS} parts (line {line})")
    return tomllib.loads(text)


def _blank(found: re.Match[str]) -> str:
    """In place of a string or comment: what else stands on its lines stays there."""
    return ("" if found["comment"] else "s") + "\n" * found[0].count("\n")


def _may_be_deep(text: str) -> bool:
    return text.count("[") + text.count("{") > MAX_DEPTH


def _check_depth(bare: str) -> None:
    """ValueError where brackets, outside strings, stand in more than MAX_DEPTH others."""
    depth = 0
    for bracket in _BRACKET.finditer(bare):
        depth = depth + 1 if bracket[0] in "[{" else max(0, depth - 1)
        if depth > MAX_DEPTH:
            raise ValueError(f"nested more than {MAX_DEPTH} deep")

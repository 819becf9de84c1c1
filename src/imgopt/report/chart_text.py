"""Names of others as charts draw them: one short line that holds nothing that does not print."""

from __future__ import annotations

import re
import unicodedata

_JOINERS = "\u200c\u200d"  # of scripts and emoji
_FLAGS = re.compile(r"(?<=\s)--[a-z]+=\S+\s+")
_LOOKED_AT = 2000  # characters: of what is longer, only the ends are read at all


def shown(text: str, room: int, is_begun: bool = False) -> str:
    """At most `room` characters: of what is longer the middle is left out, or the end of what
    says most where it is begun, as commands do."""
    if len(text) > _LOOKED_AT:
        text = f"{text[: _LOOKED_AT // 2]}…{text[-_LOOKED_AT // 2 :]}"
    if not text.isprintable():
        text = "".join(map(_sign, text))
    text = " ".join(text.split())
    if len(text) <= room:
        return text
    if is_begun:
        return f"{text[: room - 1].rstrip()}…"
    half = room // 2
    return f"{text[: room - half]}…{text[len(text) - half + 1 :]}"


def instruction(text: str) -> str:
    """An instruction without its flags, which say less of what it does than what follows."""
    return _FLAGS.sub("", text[:_LOOKED_AT])


def _sign(sign: str) -> str:
    if sign.isprintable() or sign in _JOINERS:
        return sign
    return " " if sign.isspace() or unicodedata.category(sign) == "Zs" else "\ufffd"

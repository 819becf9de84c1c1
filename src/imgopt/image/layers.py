"""An image's layers, and the Dockerfile instruction that each came from."""

from __future__ import annotations

import re
from collections.abc import Sequence

from imgopt.docker.images import HistoryEntry
from imgopt.dockerfile.model import Instruction

_PREFIX = re.compile(r"^/bin/sh -c #\(nop\)\s+")
_SHELL = re.compile(r"^(?:RUN )?(?:\|\d+ (?:.*? )?)?/bin/(?:ba)?sh -\w*c ")


def shown_instruction(created_by: str) -> str:
    """`created_by` as a Dockerfile would say it."""
    text = _PREFIX.sub("", " ".join(created_by.split())).removesuffix("# buildkit").strip()
    if match := _SHELL.match(text):
        return "RUN " + text[match.end() :]
    return text


def keyword_of(created_by: str) -> str:
    """The instruction's keyword; empty when the text is none (an imported file system)."""
    word = shown_instruction(created_by).partition(" ")[0]
    return word if word.isupper() else ""


def attribute(
    history: Sequence[HistoryEntry], instructions: Sequence[Instruction]
) -> list[Instruction | None]:
    """For every history entry (oldest first) the instruction it came from, None for the base's.

    An image ends with its own Dockerfile, so both are matched from the end; BuildKit writes one
    entry an instruction, and one a name for an ARG or ENV with several.
    """
    found: list[Instruction | None] = [None] * len(history)
    remaining = list(instructions)
    for index in range(len(history) - 1, -1, -1):
        keyword = keyword_of(history[index].created_by)
        while remaining and remaining[-1].keyword == "ONBUILD" and keyword != "ONBUILD":
            remaining.pop()
        if not remaining:
            break
        if remaining[-1].keyword != keyword:
            behind = found[index + 1] if index + 1 < len(found) else None
            if behind is not None and behind.keyword == keyword and keyword in ("ARG", "ENV"):
                found[index] = behind
                continue
            break
        found[index] = remaining.pop()
    return found

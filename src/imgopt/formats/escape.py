"""Text made fit for a terminal: no control characters, and no longer than there is room."""

from __future__ import annotations


def printable(text: str) -> str:
    """Tabs become a space, other control characters a replacement sign; length stays the same."""
    if text.isprintable():
        return text
    return "".join(
        c if c.isprintable() else (" " if c == "\t" else "\N{REPLACEMENT CHARACTER}") for c in text
    )


def cut(text: str, room: int) -> str:
    """At most `room` characters, the last an ellipsis when something is left out."""
    return text if len(text) <= room else text[: room - 1] + "…"

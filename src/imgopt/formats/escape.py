"""Untrusted text made safe for a terminal: no control characters reach it."""

from __future__ import annotations


def printable(text: str) -> str:
    """Tabs become a space, other control characters a replacement sign; length stays the same."""
    if text.isprintable():
        return text
    return "".join(
        c if c.isprintable() else (" " if c == "\t" else "\N{REPLACEMENT CHARACTER}") for c in text
    )

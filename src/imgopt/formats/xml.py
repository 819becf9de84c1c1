"""XML documents: text that XML can hold, and how a document is written."""

from __future__ import annotations

import re
from xml.etree.ElementTree import Element, indent, tostring

from imgopt.formats.escape import printable

_LINE_ENDS = re.compile("([\n\r])")


def clean(text: str) -> str:
    """Text without what XML has no place for, or a terminal would obey; line ends stay."""
    return "".join(
        part if number % 2 else printable(part)
        for number, part in enumerate(_LINE_ENDS.split(text))
    )


def document(root: Element) -> str:
    """The document, indented, with a newline at its end."""
    indent(root)
    text: str = tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'

"""XML documents as they are written; their texts come from `escape.printable`.

XML has no place for most control characters.
"""

from __future__ import annotations

from xml.etree.ElementTree import Element, indent, tostring


def document(root: Element) -> str:
    """The document, indented, with a newline at its end."""
    indent(root)
    text: str = tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'

"""Lint results in the format of Checkstyle, an XML that many tools read."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree.ElementTree import Element, SubElement

from imgopt.formats.escape import printable
from imgopt.formats.registry import Options
from imgopt.formats.xml import document
from imgopt.lint.finding import FileResult


def render(results: Sequence[FileResult], _options: Options) -> str:
    """A `checkstyle` document with a `file` for each file."""
    root = Element("checkstyle", version="4.3")
    for result in results:
        file = SubElement(root, "file", name=printable(result.path))
        for finding in result.findings:
            start = finding.span.start
            SubElement(
                file,
                "error",
                line=str(start.line),
                column=str(start.column),
                severity=finding.severity,
                message=printable(finding.message),
                source=f"imgopt.{printable(finding.rule)}",
            )
    return document(root)

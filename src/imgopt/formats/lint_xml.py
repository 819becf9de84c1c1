"""Lint results as XML: Checkstyle's format, and JUnit's as CI servers read it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from imgopt.lint.finding import FileResult

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render_checkstyle(results: Sequence[FileResult]) -> str:
    """A `checkstyle` document with a `file` for each file."""
    root = Element("checkstyle", version="4.3")
    for result in results:
        file = SubElement(root, "file", name=_text(result.path))
        for finding in result.findings:
            start = finding.span.start
            SubElement(
                file,
                "error",
                line=str(start.line),
                column=str(start.column),
                severity=finding.severity,
                message=_text(finding.message),
                source=f"imgopt.{finding.rule}",
            )
    return _document(root)


def render_junit(results: Sequence[FileResult]) -> str:
    """A `testsuite` with a test case for each finding, and one that passes for a clean file."""
    failures = sum(len(result.findings) for result in results)
    tests = failures + sum(not result.findings for result in results)
    broken = [(r.path, error) for r in results for error in r.internal_errors]
    tests += len(broken)
    root = Element("testsuites")
    suite = SubElement(
        root,
        "testsuite",
        name="imgopt",
        tests=str(tests),
        failures=str(failures),
        errors=str(len(broken)),
    )
    for result in results:
        path = _text(result.path)
        if not result.findings:
            SubElement(suite, "testcase", classname=path, name="no findings")
        for finding in result.findings:
            start = finding.span.start
            name = f"{finding.title} {start.line}:{start.column}"
            case = SubElement(suite, "testcase", classname=path, name=name)
            failure = SubElement(
                case, "failure", type=finding.severity, message=_text(finding.message)
            )
            failure.text = f"{path}:{start.line}:{start.column}"
    for path, text in broken:
        case = SubElement(suite, "testcase", classname=_text(path), name="internal error")
        SubElement(case, "error", message=_text(text))
    return _document(root)


def _document(root: Element) -> str:
    indent(root)
    text: str = tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'


def _text(text: str) -> str:
    """XML has no place for control characters."""
    return _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text)

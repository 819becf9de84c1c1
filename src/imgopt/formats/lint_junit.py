"""Lint results as JUnit XML, as CI servers read it."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree.ElementTree import Element, SubElement

from imgopt.formats.escape import printable
from imgopt.formats.registry import Options
from imgopt.formats.xml import document
from imgopt.lint.finding import FileResult


def render(results: Sequence[FileResult], _options: Options) -> str:
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
        path = printable(result.path)
        if not result.findings:
            SubElement(suite, "testcase", classname=path, name="no findings")
        for finding in result.findings:
            start = finding.span.start
            name = f"{printable(finding.title)} {start.line}:{start.column}"
            case = SubElement(suite, "testcase", classname=path, name=name)
            failure = SubElement(
                case, "failure", type=finding.severity, message=printable(finding.message)
            )
            failure.text = f"{path}:{start.line}:{start.column}"
    for path, text in broken:
        case = SubElement(suite, "testcase", classname=printable(path), name="internal error")
        SubElement(case, "error", message=printable(text))
    return document(root)

"""Lint results as Markdown: a comment on a pull request, or a job summary."""

from __future__ import annotations

from collections.abc import Sequence

from imgopt.formats.escape import code_span, markdown
from imgopt.formats.registry import Options
from imgopt.lint.finding import FileResult, Severity


def render(results: Sequence[FileResult], _options: Options) -> str:
    """A line that counts, and a table of the findings of each file that has some."""
    findings = [f for result in results for f in result.findings]
    counts = [
        f"{n} {kind}" for kind in reversed(Severity)
        if (n := sum(f.severity == kind for f in findings))
    ]  # fmt: skip
    files = f"{len(results)} file{'' if len(results) == 1 else 's'}"
    out = [f"**imgopt**: {files}, {', '.join(counts) or 'no findings'}", ""]
    for result in results:
        if result.findings:
            out += [code_span(result.path), "", "| line | | rule | finding |"]
            out.append("|--:|---|---|---|")
            for f in result.findings:
                texts = f"{markdown(f.title)} | {markdown(f.message)}"
                out.append(f"| {f.span.start.line} | {f.severity} | {texts} |")
            out.append("")
        out += [f"{code_span(result.path)}: {markdown(e)}" for e in result.internal_errors]
    return "\n".join(out)

"""Lint results as Markdown: a comment on a pull request, or a job summary."""

from __future__ import annotations

from collections.abc import Sequence

from imgopt.lint.finding import FileResult


def render(results: Sequence[FileResult]) -> str:
    """A line that counts, and a table of the findings of each file that has some."""
    findings = [f for result in results for f in result.findings]
    counts = [
        f"{n} {kind}" for kind in ("error", "warning", "info")
        if (n := sum(f.severity == kind for f in findings))
    ]  # fmt: skip
    files = f"{len(results)} file{'' if len(results) == 1 else 's'}"
    out = [f"**imgopt**: {files}, {', '.join(counts) or 'no findings'}", ""]
    for result in results:
        if result.findings:
            out += [f"`{result.path.replace('`', '')}`", "", "| line | | rule | finding |"]
            out.append("|--:|---|---|---|")
            out += [
                f"| {f.span.start.line} | {f.severity} | {f.title} | {_cell(f.message)} |"
                for f in result.findings
            ]
            out.append("")
        out += [f"`{result.path.replace('`', '')}`: {_cell(e)}" for e in result.internal_errors]
    return "\n".join(out)


def _cell(text: str) -> str:
    """Text of others cannot become markup: only code spans are left as they are."""
    for sign in "\\*_{}[]<>#|!~":
        text = text.replace(sign, "\\" + sign)
    return " ".join(text.split())

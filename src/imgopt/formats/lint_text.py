"""Lint results for a person: grouped by file, the source line with a caret."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from imgopt.formats.escape import line, printable
from imgopt.formats.registry import Options
from imgopt.formats.terminal import rendered
from imgopt.lint.finding import FileResult, Finding, Safety, Severity

_STYLES = {Severity.ERROR: "bold red", Severity.WARNING: "yellow", Severity.INFO: "cyan"}


def render(results: Sequence[FileResult], options: Options) -> str:
    """All findings, and a line that counts them."""
    return rendered(options, lambda console: _write(results, console, options))


def _write(results: Sequence[FileResult], console: Console, options: Options) -> None:
    counts = dict.fromkeys(reversed(Severity), 0)
    for result in results:
        broken = bool(result.internal_errors)
        if not result.findings and not broken:
            continue
        console.print(Text(line(result.path), style="bold underline"), soft_wrap=True)
        if broken:
            _write_indented(Text(printable(result.error or ""), style="bold red"), console, options)
        for finding in result.findings:
            counts[finding.severity] += 1
            _write_finding(finding, result.lines, console, options)
    total = sum(counts.values())
    files = f"{len(results)} file{'' if len(results) == 1 else 's'}"
    if not total:
        console.print(Text(f"{files}, no findings", style="green"))
        return
    parts = [
        f"{n} {kind}{'s' if n > 1 and kind is not Severity.INFO else ''}"
        for kind, n in counts.items()
        if n
    ]
    console.print(Text(f"{files}: {', '.join(parts)}", style="bold"))


def _write_finding(
    finding: Finding, lines: Sequence[str], console: Console, options: Options
) -> None:
    start, end = finding.span.start, finding.span.end
    head = Text.assemble(
        f"{start.line}:{start.column} ",
        (finding.severity, _STYLES[finding.severity]),
        " ",
        (printable(finding.rule), "bold"),
        ": " if finding.rule.endswith(finding.name) else f" {finding.name}: ",
        printable(finding.message),
    )
    if finding.fix:
        how = "--fix" if finding.fix.safety is Safety.SAFE else "--fix --unsafe"
        head.append(f" [{how}]", style="dim")
    _write_indented(head, console, options)
    if not 0 < start.line <= len(lines):
        return
    source = printable(lines[start.line - 1])
    gutter = f"{start.line:>6} | "
    last = end.column - 1 if end.line == start.line else len(source.rstrip())
    width = max(last - start.column + 1, 1)
    room = max(console.width - len(gutter) - 1, 20)
    shift = max(0, start.column - 1 - room // 2) if start.column > room else 0
    shown = source[shift : shift + room]
    console.print(Text(gutter, style="dim") + Text(shown), soft_wrap=True)
    mark = min(width, max(room - (start.column - 1 - shift), 1))
    pad = " " * (len(gutter) - 2)
    caret = f"{pad}| {' ' * (start.column - 1 - shift)}{'^' * mark}"
    console.print(Text(caret, style="dim"), soft_wrap=True)
    console.print()


def _write_indented(text: Text, console: Console, options: Options) -> None:
    """A text under its file's name; where a terminal wraps it, the next lines stand deeper."""
    parts = text.wrap(console, max(console.width - 4, 20)) if options.terminal else [text]
    for number, part in enumerate(parts):
        part.rstrip()
        console.print(Text("    " if number else "  ") + part, soft_wrap=True)

"""A check for a terminal: the verdict, why, then each service."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from imgopt.formats.escape import cut, printable
from imgopt.formats.reasons import amount, basis, label, sentence
from imgopt.formats.registry import Options
from imgopt.formats.tables.comparison import write_comparisons
from imgopt.formats.tables.fitting import Column, note, write
from imgopt.formats.terminal import rendered
from imgopt.formats.units import megabytes
from imgopt.gate.result import CheckResult, LineSize, LintCheck, ServiceCheck, SizeChange
from imgopt.report.budgets import Verdict

_STYLES = {"pass": "bold green", "fail": "bold red", "error": "bold red"}
_WORDS = {"pass": "passed", "fail": "failed", "error": "no verdict: a build failed"}
_BUDGETS = (
    Column("budget", right=False, wanted=18, least=8),
    Column("verdict", right=False, wanted=14, least=14),
    Column("value"),
    Column("limit", drop=1),
    Column("most of it", right=False, wanted=24, least=8),
)
_SIZES = (
    Column("line"),
    Column("before", drop=1),
    Column("after", drop=2),
    Column("change"),
    Column("step", right=False, wanted=24, least=8),
)
_MOST_LINES = 12
_TRIFLE = 1000  # bytes


def render(result: CheckResult, options: Options) -> str:
    """Sentences and tables that fit the width."""
    return rendered(options, lambda console: _write(result, console))


def _write(result: CheckResult, console: Console) -> None:
    against = f" against {result.reference} ({result.base[:9]})" if result.reference else ""
    verdict = result.verdict
    note(f"check{against}: {_WORDS[verdict]}", console, style=_STYLES[verdict])
    for reason in result.reasons:
        note(f"  {sentence(reason)}", console, style="red", indent="    ")
    for service in result.services:
        console.print()
        _write_service(service, console)
    if result.lint is not None:
        console.print()
        note(lint_line(result.lint), console, style="")
        for error in result.lint.errors:
            note(f"  {error}", console, style="yellow", indent="    ")


def _write_service(service: ServiceCheck, console: Console) -> None:
    note(f"{cut(service.service, 100)}: {basis(service)}", console, style="bold")
    for text in service.notes:
        note(f"  {text}", console, style="yellow", indent="    ")
    if service.budgets:
        write(_BUDGETS, [_budget(verdict) for verdict in service.budgets], console)
    if service.comparisons:
        write_comparisons(service.comparisons, console)
    if service.size is not None:
        _write_size(service.size, console)


def _budget(verdict: Verdict) -> dict[str, str | Text]:
    most = verdict.most
    where = f"line {most.line}: " if most and most.line else ""
    over = f"{amount(verdict.over, verdict.unit)} over" if verdict.is_broken else "within"
    known = verdict.value is not None
    return {
        "budget": label(verdict.name),
        "limit": amount(verdict.limit, verdict.unit),
        "value": amount(verdict.value, verdict.unit) if verdict.value is not None else "–",
        "verdict": Text(over, style="bold red" if verdict.is_broken else "")
        if known
        else "unknown",
        "most of it": printable(f"{where}{most.text}" if most and known else verdict.note),
    }


def _write_size(size: SizeChange, console: Console) -> None:
    moved = moved_lines(size)
    if moved:
        console.print()
        rows = [
            {
                "line": str(line.line) if line.line else "–",
                "before": megabytes(line.a_bytes) if line.a_bytes is not None else "–",
                "after": megabytes(line.b_bytes) if line.b_bytes is not None else "–",
                "change": signed(line.delta),
                "step": printable(line.text),
            }
            for line in moved[:_MOST_LINES]
        ]
        write(_SIZES, rows, console)
        if len(moved) > _MOST_LINES:
            note(f"not shown: {len(moved) - _MOST_LINES} more lines that changed", console)
    note(size_line(size), console, style="")


def moved_lines(size: SizeChange) -> list[LineSize]:
    """The lines whose bytes changed by more than a trifle, those that changed most first."""
    moved = (line for line in size.lines if abs(line.delta) >= _TRIFLE)
    return sorted(moved, key=lambda line: -abs(line.delta))


def signed(size_bytes: int) -> str:
    """A difference of bytes with its sign."""
    return (
        f"{'+' if size_bytes > 0 else '−' if size_bytes < 0 else '±'}{megabytes(abs(size_bytes))}"
    )


def size_line(size: SizeChange) -> str:
    """What the image weighs now, and what a node has to pull."""
    text = f"image {megabytes(size.a_bytes)} → {megabytes(size.b_bytes)}"
    text += f" ({signed(size.b_bytes - size.a_bytes)})"
    if size.pull_bytes is None:
        return text
    layers = "1 layer" if size.pull_layers == 1 else f"{size.pull_layers} layers"
    return f"{text}; a node that has the base pulls {layers}, {megabytes(size.pull_bytes)} unpacked"


def lint_line(lint: LintCheck) -> str:
    """What lint saw, in one line."""
    if not lint.files:
        return "lint: no Dockerfile has changed"
    files = "1 file" if lint.files == 1 else f"{lint.files} files"
    new = "1 new finding" if len(lint.new) == 1 else f"{len(lint.new)} new findings"
    known = f", {lint.known} known before" if lint.known else ""
    return f"lint: {files} that changed, {new}{known}"

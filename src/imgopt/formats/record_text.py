"""A build record for a person: what was built, and what each step took."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console
from rich.text import Text

from imgopt.formats.escape import lines, printable
from imgopt.formats.registry import Options
from imgopt.formats.tables.fitting import Column, note, write
from imgopt.formats.terminal import rendered
from imgopt.formats.units import megabytes, seconds
from imgopt.records.build import BuildRecord, Step, content_id

_COLUMNS = (
    Column("line"),
    Column("time"),
    Column("size", drop=2),
    Column("cached", right=False, drop=1),
    Column("step", right=False, wanted=40, least=12),
)


def render(record: BuildRecord, options: Options) -> str:
    """What it was, its failure, and its steps in the order of the Dockerfile's lines."""
    return rendered(options, lambda console: _write(record, console))


def _write(record: BuildRecord, console: Console) -> None:
    title = printable(f"{record.service} {record.scenario}")
    console.print(Text(title, style="bold"), soft_wrap=True)
    for name, value in _facts(record):
        note(f"{name + ':':<10}{printable(value)}", console, style="", indent=" " * 10)
    if record.failure is not None:
        console.print()
        where = f", line {record.failure.line}" if record.failure.line else ""
        said = f"failed in {record.failure.step}{where}: {record.failure.message}"
        note(printable(said), console, style="bold red")
        if record.failure.log:
            console.print(Text(lines("  " + record.failure.log)), soft_wrap=True)
    if record.steps:
        console.print()
        sizes: dict[int, int] = {}
        for layer in record.image.layers:
            sizes[layer.line] = sizes.get(layer.line, 0) + layer.size_bytes
        steps = sorted(record.steps, key=lambda step: (not step.line, step.line))
        write(_COLUMNS, [_row(step, sizes) for step in steps], console)


def _facts(record: BuildRecord) -> Iterator[tuple[str, str]]:
    yield "id", content_id(record)
    yield "began", f"{record.started_at:%Y-%m-%d %H:%M:%S} UTC"
    if record.commit:
        changed = " with changes" if record.dirty else ""
        yield "commit", f"{record.commit[:12]}{changed}  {record.subject}".rstrip()
    if record.author:
        yield "author", record.author
    target = f", target {record.target}" if record.target else ""
    yield "file", f"{record.dockerfile}{target}"
    yield "time", f"{seconds(record.duration_s)}, {seconds(record.export_s)} of it the export"
    yield "cache", f"{record.cache_hits} of {record.cache_steps} steps"
    yield "context", megabytes(record.context_bytes)
    if record.image.id:
        yield "image", f"{megabytes(record.image.size_bytes)}, {record.image.id}"
    engine = record.engine
    yield "engine", f"BuildKit {engine.buildkit}, {engine.driver}, machine {engine.machine}"


def _row(step: Step, sizes: dict[int, int]) -> dict[str, str | Text]:
    size = sizes.get(step.line, 0) if step.line else 0
    return {
        "line": str(step.line) if step.line else "–",
        "time": seconds(step.duration_s),
        "size": megabytes(size) if size else "–",
        "cached": "yes" if step.cached else "–",
        "step": printable(" ".join(step.name.split())),
    }

"""A Dockerfile with the price of each line in the margin."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from imgopt.bench.annotate import AnnotatedLine, Annotation
from imgopt.formats.escape import cut, printable
from imgopt.formats.units import megabytes

_WIDTH = 12
_NOTHING_S = 0.05  # a hit that takes longer reads much, or fetches its layer


def write(annotation: Annotation, console: Console) -> None:
    """A column a scenario: seconds, `cached`, `hit` with what fetching it took, or nothing.

    `*` marks the critical path.
    """
    head = "".join(f"{s[: _WIDTH - 1]:>{_WIDTH}} " for s in annotation.scenarios)
    title = f"{head}{'layer':>{_WIDTH}}  line  {printable(annotation.service)}"
    console.print(Text(title, style="bold"), soft_wrap=True)
    for line in annotation.lines:
        console.print(_row(line, annotation.scenarios, console.width), soft_wrap=True)
    console.print(Text("what belongs to no line", style="dim"))
    for line in annotation.others:
        console.print(_row(line, annotation.scenarios, console.width), soft_wrap=True)
    console.print(Text("* the end of the build waited for it", style="dim"))


def _row(line: AnnotatedLine, scenarios: tuple[str, ...], width: int) -> Text:
    row = Text()
    for scenario in scenarios:
        price = line.prices.get(scenario)
        if price is None:
            row.append(" " * (_WIDTH + 1))
        elif price.cached and price.seconds < _NOTHING_S:
            row.append(f"{'cached':>{_WIDTH}} ", style="dim")
        else:
            mark = "*" if price.critical else " "
            style = "bold" if price.seconds >= 1 else ""
            text = f"{'hit ' if price.cached else ''}{price.seconds:.2f} s"
            row.append(f"{text:>{_WIDTH}}{mark}", style=style)
    size = megabytes(line.size_bytes) if line.size_bytes else ""
    row.append(f"{size:>{_WIDTH}}  ")
    row.append(f"{line.line or '':>4}  ", style="dim")
    row.append(cut(printable(line.text), max(width - len(row), 24)))
    return row

"""A Dockerfile with the price of each line in the margin."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from imgopt.bench.annotate import AnnotatedLine, Annotation, Price
from imgopt.formats.escape import printable
from imgopt.formats.tables.fitting import note, shortened
from imgopt.formats.units import megabytes

_NOTHING_S = 0.05  # a hit that takes longer reads much, or fetches its layer
_LEAST = 20  # of a line's text: with less room, the scenarios come in several blocks
_SIZE, _NUMBER = 10, 6
_NARROW = 56  # with fewer columns, there is no room for the layers' bytes


def write_annotation(annotation: Annotation, console: Console) -> None:
    """A column a scenario: seconds, `cached`, `hit` with what fetching it took, or nothing.

    `*` marks the critical path. Scenarios for which there is no room stand in a block of their own
    below.
    """
    widths = {name: _width(name, annotation) for name in annotation.scenarios}
    size = _SIZE if console.width >= _NARROW else 0
    for number, names in enumerate(_blocks(widths, console.width - size - _NUMBER - _LEAST)):
        if number:
            console.print()
        _write_block(annotation, {name: widths[name] for name in names}, size, console)
    note("* the end of the build waited for it", console)


def _width(scenario: str, annotation: Annotation) -> int:
    prices = [line.prices.get(scenario) for line in (*annotation.lines, *annotation.others)]
    return max(len(scenario), *(len(_price(price)) for price in prices)) + 2


def _blocks(widths: dict[str, int], room: int) -> list[list[str]]:
    """The scenarios in groups whose columns fit; a group has at least one."""
    found: list[list[str]] = [[]]
    left = room
    for name, width in widths.items():
        if found[-1] and width > left:
            found.append([])
            left = room
        found[-1].append(name)
        left -= width
    return found


def _write_block(
    annotation: Annotation, widths: dict[str, int], size: int, console: Console
) -> None:
    head = "".join(f"{name:>{width - 1}} " for name, width in widths.items())
    layer = f"{'layer':>{size}}" if size else ""
    title = f"{head}{layer}{'line':>{_NUMBER}}  "
    title += shortened(printable(annotation.service), max(console.width - len(title), 12))
    console.print(Text(title, style="bold"), soft_wrap=True)
    _write_rows(annotation.lines, widths, size, console)
    note("what belongs to no line", console)
    _write_rows(annotation.others, widths, size, console)


def _write_rows(
    lines: Sequence[AnnotatedLine], widths: dict[str, int], size: int, console: Console
) -> None:
    for line in lines:
        row = Text()
        for name, width in widths.items():
            price = line.prices.get(name)
            dim = price is not None and _price(price) == "cached"
            bold = price is not None and price.seconds >= 1
            mark = "*" if price is not None and price.critical and not dim else " "
            style = "dim" if dim else ("bold" if bold else "")
            row.append(f"{_price(price):>{width - 1}}{mark}", style=style)
        layer = megabytes(line.size_bytes) if line.size_bytes and size else ""
        row.append(f"{layer:>{size}}")
        row.append(f"{line.line or '':>{_NUMBER}}  ", style="dim")
        row.append(shortened(printable(line.text), max(console.width - row.cell_len, 12)))
        row.rstrip()
        console.print(row, soft_wrap=True)


def _price(price: Price | None) -> str:
    if price is None:
        return ""
    if price.cached and price.seconds < _NOTHING_S:
        return "cached"
    return f"{'hit ' if price.cached else ''}{price.seconds:.2f} s"

"""Tables that fit a terminal of any width without cutting a number.

Where there is too little room, columns go and texts are shortened; where that does not do, every
row becomes a block of its own.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping, Sequence

import msgspec
from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.text import Text

from imgopt.formats import escape

_GAP = 2
Row = Mapping[str, str | Text]


class Column(msgspec.Struct, frozen=True):
    """A column. `drop` says how early it goes where there is little room (0: never).

    A text (`least` > 0) may be shortened to `least` cells, to less than `wanted` only when all
    columns that can go have gone. A column without `least` holds numbers, which stay whole.
    """

    name: str
    right: bool = True
    drop: int = 0
    wanted: int = 0
    least: int = 0


def write(columns: Sequence[Column], rows: Sequence[Row], console: Console) -> list[str]:
    """Print the table; the names of the columns that are in it."""
    natural = {
        c.name: max([cell_len(c.name), *(cell_len(_plain(row[c.name])) for row in rows)])
        for c in columns
    }
    shown = list(columns)
    while _sum(_wanted(c, natural) for c in shown) > console.width:
        droppable = [c for c in shown if c.drop]
        if not droppable:
            break
        shown.remove(max(droppable, key=lambda c: c.drop))
    if _sum(_least(c, natural) for c in shown) > console.width:
        _write_blocks(columns, rows, console)
        return [c.name for c in columns]
    widths = _widths(shown, natural, console.width)
    console.print(_line(shown, widths, {c.name: c.name for c in shown}, "bold"), soft_wrap=True)
    for row in rows:
        console.print(_line(shown, widths, row, ""), soft_wrap=True)
    return [c.name for c in shown]


def _wanted(column: Column, natural: Mapping[str, int]) -> int:
    width = natural[column.name]
    return min(width, max(column.wanted, column.least)) if column.least else width


def _least(column: Column, natural: Mapping[str, int]) -> int:
    width = natural[column.name]
    return min(width, column.least) if column.least else width


def _sum(widths: Iterable[int]) -> int:
    found = list(widths)
    return sum(found) + _GAP * (len(found) - 1)


def _widths(columns: Sequence[Column], natural: Mapping[str, int], room: int) -> dict[str, int]:
    """Texts give what is too much, the first ones first: down to what they want, then to their
    least."""
    widths = {c.name: natural[c.name] for c in columns}
    for floor in (_wanted, _least):
        for column in columns:
            over = _sum(list(widths.values())) - room
            if over <= 0:
                return widths
            widths[column.name] -= min(over, max(widths[column.name] - floor(column, natural), 0))
    return widths


def _line(columns: Sequence[Column], widths: Mapping[str, int], row: Row, style: str) -> Text:
    line = Text(style=style)
    for number, column in enumerate(columns):
        cell = row[column.name]
        plain = shortened(_plain(cell), widths[column.name])
        pad = " " * (widths[column.name] - cell_len(plain))
        shown = Text(plain, style=cell.style if isinstance(cell, Text) else "")
        line.append(" " * _GAP if number else "")
        line.append(pad if column.right else "")
        line.append_text(shown)
        line.append("" if column.right else pad)
    line.rstrip()
    return line


def _write_blocks(columns: Sequence[Column], rows: Sequence[Row], console: Console) -> None:
    """A block a row: its first two texts as a title, everything else in a line of its own."""
    title = [c.name for c in columns if c.least][:2]
    rest = [c for c in columns if c.name not in title]
    width = max(cell_len(c.name) for c in rest)
    for row in rows:
        head = " ".join(_plain(row[name]) for name in title)
        note(head, console, style="bold")
        for column in rest:
            value = _plain(row[column.name]).strip()
            if column.least:
                value = shortened(value, max(console.width - width - 4, column.least))
            if value:
                console.print(Text(f"  {column.name:<{width}}  {value}"), soft_wrap=True)


def _plain(cell: str | Text) -> str:
    return cell.plain if isinstance(cell, Text) else cell


def shortened(text: str, room: int) -> str:
    """At most `room` cells, with an ellipsis where something is left out."""
    return text if cell_len(text) <= room else set_cell_size(text, max(room - 1, 0)).rstrip() + "…"


def note(text: str, console: Console, style: str = "dim", indent: str = "  ") -> None:
    """Print a line of any text; where it is wrapped, the next ones are indented."""
    width = max(console.width, 20)
    for part in textwrap.wrap(
        escape.line(text.replace("\n", " ")),
        width,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    ):
        console.print(Text(part, style=style), soft_wrap=True)

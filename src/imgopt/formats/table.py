"""Tables for a terminal in which no number is ever cut: the last column takes what room is left."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.text import Text

_GAP = "  "
_LEAST = 12  # of the last column; the terminal wraps what is wider than it


class Column(msgspec.Struct, frozen=True):
    """A column's head; numbers stand `right`, `optional` ones go first where there is no room."""

    name: str
    right: bool = True
    optional: bool = False


def write(columns: Sequence[Column], rows: Sequence[Sequence[str]], console: Console) -> None:
    """Print a head and rows of printable cells; the last column is cut to what is left."""
    widths = [
        max(cell_len(cell) for cell in (column.name, *(row[index] for row in rows)))
        for index, column in enumerate(columns)
    ]
    shown = list(range(len(columns) - 1))
    for index in [i for i in reversed(shown) if columns[i].optional]:
        if _taken(widths, shown) + min(widths[-1], _LEAST) > console.width:
            shown.remove(index)
    room = max(console.width - _taken(widths, shown), _LEAST)
    head = [column.name for column in columns]
    for cells, style in ((head, "bold"), *((row, "") for row in rows)):
        parts = [
            " " * (widths[i] - cell_len(cells[i])) + cells[i]
            if columns[i].right
            else cells[i] + " " * (widths[i] - cell_len(cells[i]))
            for i in shown
        ]
        parts.append(_fitting(cells[-1], room))
        console.print(Text(_GAP.join(parts).rstrip(), style=style), soft_wrap=True)


def _taken(widths: Sequence[int], shown: Sequence[int]) -> int:
    return sum(widths[index] + len(_GAP) for index in shown)


def _fitting(text: str, room: int) -> str:
    return text if cell_len(text) <= room else set_cell_size(text, room - 1).rstrip() + "…"

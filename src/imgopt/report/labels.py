"""The names of a chart's lines, beside the axes where each line ends, none over another."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection

from imgopt.report import chart_text
from imgopt.report.canvas import FONT_PT, Frame, colour

_LINE = 1.45  # height of a label, in font sizes; pages on small screens write bigger
_GAP_PT = 9.0
_SIGN_PT = 6.3  # about the width of a character


class Label(msgspec.Struct, frozen=True):
    """A name, where its line ends, and the names of the shades of its text and its tie."""

    text: str
    x: float
    y: float
    shade: str
    tie: str
    bold: bool = False
    is_begun: bool = False  # a command, whose end is cut


def write(axes: Axes, frame: Frame, labels: Sequence[Label]) -> None:
    """Write each label right of the axes, tied to its point."""
    high = frame.bottom - frame.top
    room = FONT_PT * _LINE / high
    wanted = [min(max(frame.scale.place(label.y), 0.0), 1.0) for label in labels]
    wide = frame.right - frame.left
    signs = int((frame.width - frame.right - _GAP_PT) / _SIGN_PT)
    ties, shades = [], []
    for label, want, place in zip(labels, wanted, spread(wanted, room), strict=True):
        axes.text(
            1 + _GAP_PT / wide, place, chart_text.shown(label.text, signs, label.is_begun),
            transform=axes.transAxes, va="center_baseline", ha="left", fontsize=FONT_PT,
            color=colour(label.shade), parse_math=False, weight="bold" if label.bold else "normal",
        )  # fmt: skip
        end = (label.x - frame.span.low) / (frame.span.high - frame.span.low)
        ties.append([(min(max(end, 0.0), 1.0), want), (1 + (_GAP_PT - 2.5) / wide, place)])
        shades.append(colour(label.tie))
    axes.add_collection(
        LineCollection(ties, colors=shades, linewidths=0.8, alpha=0.55, clip_on=False,
                       transform=axes.transAxes, zorder=2),
        autolim=False,
    )  # fmt: skip


def spread(wanted: Sequence[float], room: float) -> list[float]:
    """Places in 0 to 1 as near to the wanted ones as can be, `room` apart, in the same order.

    Where there is not room enough for all, they are as far apart as there is. (Least squares with
    an order: the places less `room` for each below are monotonic, so neighbours that are not are
    averaged until all are.)
    """
    count = len(wanted)
    room = min(room, 1 / max(count - 1, 1))
    order = sorted(range(count), key=lambda index: (wanted[index], -index))
    blocks: list[tuple[float, int]] = []  # mean, size
    for rank, index in enumerate(order):
        mean, size = wanted[index] - rank * room, 1
        while blocks and blocks[-1][0] > mean:
            other, more = blocks.pop()
            mean, size = (mean * size + other * more) / (size + more), size + more
        blocks.append((mean, size))
    highest = 1 - room * (count - 1)
    free = [min(max(mean, 0.0), highest) for mean, size in blocks for _ in range(size)]
    found = [0.0] * count
    for rank, index in enumerate(order):
        found[index] = free[rank] + rank * room
    return found

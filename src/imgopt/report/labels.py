"""The names of a chart's lines, beside the axes where each line ends, none over another."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

_FONT_PT = 9
_LINE = 1.3  # height of a label, in font sizes
_LONGEST = 30


def label_lines(
    figure: Figure,
    axes: Axes,
    ends: Sequence[tuple[str, float, float]],
    colours: Sequence[str],
) -> None:
    """Write each line's name right of the axes; `ends` are names and last points in data units.

    A name that has to move away from its point is tied to it.
    """
    labels = [
        axes.annotate(
            _short(name),
            xy=(x, y),
            xytext=(1.02, 0.5),
            textcoords="axes fraction",
            va="center",
            fontsize=_FONT_PT,
            color=colour,
            annotation_clip=False,
            parse_math=False,
            arrowprops={"arrowstyle": "-", "color": colour, "linewidth": 0.7, "alpha": 0.6,
                        "relpos": (0, 0.5), "shrinkA": 1, "shrinkB": 5},
        )
        for (name, x, y), colour in zip(ends, colours, strict=True)
    ]  # fmt: skip
    figure.draw_without_rendering()
    height = axes.get_window_extent().height
    room = _FONT_PT * _LINE * figure.dpi / 72 / height
    to_axes = axes.transData + axes.transAxes.inverted()
    wanted = [float(to_axes.transform((x, y))[1]) for _, x, y in ends]
    for label, place in zip(labels, spread(wanted, room), strict=True):
        label.set_position((1.02, place))


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


def _short(name: str) -> str:
    name = " ".join(name.split())
    half = _LONGEST // 2
    return name if len(name) <= _LONGEST else f"{name[:half]}…{name[-half + 1 :]}"

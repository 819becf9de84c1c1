"""An empty chart: its paper, its axes with ticks, and where on the paper values lie.

Drawn with matplotlib's Figure objects; the layout is fixed, since measuring it takes longer than
all of the drawing.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

import matplotlib
import msgspec

matplotlib.use("Agg")
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.transforms import Transform

from imgopt.report import ticks
from imgopt.report.model import Unit
from imgopt.report.palette import SHADES

FONT_PT = 11.0
SMALL_PT = 9.5
_LOG_RATIO = 20  # between the biggest and the smallest value: less of it fits a linear axis


class Sheet(msgspec.Struct, frozen=True):
    """A paper and its margins in points, and how many ticks the time axis has room for."""

    width: float
    height: float
    left: float
    right: float
    top: float
    bottom: float
    ticks: int = 6

    @property
    def plot_height(self) -> float:
        return self.height - self.top - self.bottom

    @property
    def plot_width(self) -> float:
        return self.width - self.left - self.right


MAIN = Sheet(500, 244, 48, 132, 16, 24, 7)
NARROW = Sheet(358, 230, 44, 124, 16, 24, 4)  # on the screen of a phone
SMALL = Sheet(244, 108, 42, 10, 8, 20, 3)
SMALL_NAMED = Sheet(244, 108, 42, 78, 8, 20, 2)  # with the names of several lines
# Of a picture that stands alone, with a title above and a key below.
ALONE = Sheet(680, 330, 56, 190, 50, 56, 7)


class Span(msgspec.Struct, frozen=True):
    """The times of a report's charts: the same in all, so that they can be compared."""

    low: float
    high: float
    week: float | None = None  # where the last week begins, when it is told of


class Scale(msgspec.Struct, frozen=True):
    """The values of an axis, from bottom to top."""

    low: float
    high: float
    log: bool = False

    def place(self, value: float) -> float:
        """Where a value lies between bottom (0) and top (1)."""
        if self.log:
            if value <= 0:
                return 0.0
            return math.log(value / self.low) / math.log(self.high / self.low)
        return (value - self.low) / (self.high - self.low)


class Frame(msgspec.Struct, frozen=True):
    """Where on the paper the values of a chart lie; y counts from the top."""

    width: float
    height: float
    left: float
    right: float
    top: float
    bottom: float
    span: Span
    scale: Scale


class Chart(msgspec.Struct):
    """A drawn chart, where its values lie, and what its marks mean, in words."""

    figure: Figure
    frame: Frame
    key: list[str] = []
    links: dict[str, str] = {}  # addresses of marks, and what they are called


def span(dates: Iterable[float], week: float | None = None) -> Span:
    """From the first to the last of the dates, with a little room."""
    found = list(dates) or [0.0]
    low, high = min(found), max(found)
    room = (high - low) * 0.012 or 1800.0
    return Span(low - room, high + room, week)


def scale(lows: Iterable[float], highs: Iterable[float], may_be_log: bool, unit: Unit) -> Scale:
    """An axis with room for all values: from zero, or logarithmic where they differ much."""
    bottom, top = min(lows, default=0.0), max(highs, default=1.0)
    if may_be_log and bottom > 0 and top / bottom > _LOG_RATIO:
        return Scale(bottom / 1.25, top * 1.25, log=True)
    if unit is Unit.SHARE:
        return Scale(min(bottom, 0.0), max(top, 1.0) * 1.03)
    least, most = min(bottom, 0.0), max(top, 0.0)
    room = (most - least) or 1.0
    return Scale(least - (0.04 * room if least < 0 else 0), most + 0.1 * room)


def canvas(sheet: Sheet, span: Span, scale: Scale, unit: Unit) -> tuple[Chart, Axes]:
    """Paper with empty axes."""
    figure = Figure(figsize=(sheet.width / 72, sheet.height / 72), dpi=72)
    figure.patch.set_visible(False)
    axes = figure.add_axes(
        (sheet.left / sheet.width, sheet.bottom / sheet.height,
         sheet.plot_width / sheet.width, sheet.plot_height / sheet.height)
    )  # fmt: skip
    axes.patch.set_visible(False)
    axes.set_xlim(span.low, span.high)
    if scale.log:
        axes.set_yscale("log")
    axes.set_ylim(scale.low, scale.high)
    _ticks(axes, sheet, span, scale, unit)
    if span.week is not None:
        axes.axvspan(max(span.week, span.low), span.high, color=colour("week"), lw=0, zorder=0)
    frame = Frame(
        sheet.width, sheet.height, sheet.left, sheet.width - sheet.right,
        sheet.top, sheet.height - sheet.bottom, span, scale,
    )  # fmt: skip
    return Chart(figure, frame), axes


def _ticks(axes: Axes, sheet: Sheet, span: Span, scale: Scale, unit: Unit) -> None:
    """Lines and texts at the ticks; matplotlib's own take as long as the rest of the chart."""
    across = ticks.times(span.low, span.high, sheet.ticks)
    find = ticks.log_values if scale.log else ticks.values
    up = find(scale.low, scale.high, unit, max(2, int(sheet.plot_height // 40)))
    axes.set_axis_off()
    below, foot = axes.get_yaxis_transform(), axes.get_xaxis_transform()
    grid = [[(0.0, value), (1.0, value)] for value, _ in up]
    _lines(axes, grid, below, "grid", 0.9)
    dash = -3.5 / sheet.plot_height
    _lines(axes, [[(at, 0.0), (at, dash)] for at, _ in across], foot, "axis", 2.4)
    _lines(axes, [[(0.0, 0.0), (1.0, 0.0)]], axes.transAxes, "axis", 2.4)
    muted = colour("muted")
    for value, name in up:
        axes.text(-6 / sheet.plot_width, value, name, transform=below, fontsize=SMALL_PT,
                  color=muted, ha="right", va="center_baseline", parse_math=False)  # fmt: skip
    for at, name in across:
        axes.text(at, -15 / sheet.plot_height, name, transform=foot, fontsize=SMALL_PT,
                  color=muted, ha="center", va="baseline", parse_math=False)  # fmt: skip


def _lines(
    axes: Axes, lines: list[list[tuple[float, float]]], where: Transform, shade: str, order: float
) -> None:
    axes.add_collection(
        LineCollection(lines, colors=colour(shade), linewidths=0.8, transform=where, zorder=order,
                       clip_on=False),
        autolim=False,
    )  # fmt: skip


def colour(name: str) -> str:
    """The colour that is drawn; pages put their own, light or dark, in its place."""
    return SHADES[name].light

"""Image size over time, stacked by Dockerfile line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import msgspec
from matplotlib.axes import Axes

from imgopt.report import chart_text, lanes, marks, quantity, thin
from imgopt.report.canvas import Chart, Sheet, Span, canvas, colour, scale
from imgopt.report.charts import NO_LINKS
from imgopt.report.labels import Label, write
from imgopt.report.lanes import Lane
from imgopt.report.model import Metric, Part, Point, ServiceReport, Unit
from imgopt.report.palette import PARTS, Look
from imgopt.report.ticks import seconds

_MOST = len(PARTS) - 1  # lines with a band of their own; the rest is one band
_THIN = 0.035  # of the axes' height: bands that are thinner have no name
_FAR = 1.6


Key = tuple[str, int]  # an instruction, and which one with that text it is


class Band(msgspec.Struct, frozen=True):
    """A Dockerfile line in the stack: what it is known by, where it stood last, and its shade."""

    key: Key
    line: int
    shade: str
    text: str = ""

    @property
    def name(self) -> str:
        """12 RUN npm ci; of a base image no line is known."""
        text = chart_text.instruction(self.text or self.key[0])
        return f"{self.line} {text}".rstrip() if self.line else text or "base image"


def image_size(
    service: ServiceReport,
    looks: Mapping[str, Look],
    span: Span,
    sheet: Sheet,
    change_links: Mapping[int, str] = NO_LINKS,
) -> Chart | None:
    """The size of a service's image: a band for each of its biggest lines, their sum as a line;
    None without a point of it."""
    drawn, more = lanes.of(service, Metric.SIZE, looks)
    if not drawn:
        return None
    limit = service.budgets.get(str(Metric.SIZE))
    highest = max(p.value for lane in drawn for p in lane.points)
    near = [limit] if limit is not None and limit <= _FAR * highest else []
    lows = [p.value for lane in drawn for p in lane.points]
    room = scale(lows, [highest, *near], False, Unit.BYTES)
    chart, axes = canvas(sheet, span, room, Unit.BYTES)
    main = max(drawn, key=lambda lane: len(lane.points))
    found = bands(main.points, service.lines)
    for run in main.runs:
        _stack(axes, run, found, room.high / (2 * sheet.plot_height), int(sheet.plot_width // 2))
    for lane in drawn:
        if lane is not main:
            axes.plot([seconds(p.at) for p in lane.points], [p.value for p in lane.points],
                      color=colour("muted"), linewidth=1.1, linestyle="--", zorder=3)  # fmt: skip
    if limit is not None:
        marks.budget(axes, chart, limit, Unit.BYTES, "budget", "budget")
    marks.breaks(axes, chart, drawn)
    marks.changes(axes, chart, service, Metric.SIZE, drawn, change_links)
    if more:
        chart.key.append(f"{more} more lines of other machines are not drawn")
    _names(axes, chart, main, [lane for lane in drawn if lane is not main], found)
    return chart


def bands(points: Sequence[Point], texts: Mapping[int, str] = NO_LINKS) -> list[Band]:
    """The lines that are biggest anywhere, in the Dockerfile's order.

    A line is known by its instruction, since its number moves when lines above it change. Where
    that is a keyword alone, `texts` may have the whole of it.
    """
    most: dict[Key, float] = {}
    line: dict[Key, int] = {}
    for point in points:
        for key, part in _keyed(point):
            most[key] = max(most.get(key, 0.0), part.value)
            line[key] = part.line
    biggest = sorted(most, key=lambda key: -most[key])[:_MOST]
    ordered = sorted((key for key in biggest if most[key] > 0), key=lambda key: line[key])
    return [
        Band(key, line[key], PARTS[n], text if text.startswith(key[0]) else "")
        for n, key in enumerate(ordered)
        for text in (texts.get(line[key], ""),)
    ]


def heights(point: Point, found: Sequence[Band]) -> list[float]:
    """The tops of the bands of one point, from below; the last is the whole size."""
    sizes = {key: part.value for key, part in _keyed(point)}
    tops, top = [], 0.0
    for band in found:
        top += max(sizes.get(band.key, 0.0), 0.0)
        tops.append(min(top, point.value))
    return [*tops, point.value]


def _keyed(point: Point) -> Iterator[tuple[Key, Part]]:
    counts: dict[str, int] = {}
    for part in sorted(point.parts, key=lambda part: part.line):
        counts[part.instruction] = counts.get(part.instruction, 0) + 1
        yield (part.instruction, counts[part.instruction]), part


def _stack(
    axes: Axes, run: Sequence[Point], found: Sequence[Band], near: float, columns: int
) -> None:
    points = [run[n] for n in thin.places([p.value for p in run], columns)]
    tops = [heights(point, found) for point in points]
    chosen = sorted({n for line in zip(*tops, strict=True) for n in thin.corners(line, near)})
    at = [seconds(points[n].at) for n in chosen]
    below = [0.0] * len(chosen)
    for number in range(len(found) + 1):
        above = [tops[n][number] for n in chosen]
        shade = PARTS[-1] if number == len(found) else found[number].shade
        if any(a > b for a, b in zip(above, below, strict=True)):
            axes.fill_between(
                at, below, above, step="post", color=colour(shade), linewidth=0, zorder=1.2
            )
        below = above
    axes.step(at, below, where="post", color=colour("ink"), linewidth=1.3, zorder=3,
              marker="o" if len(points) == 1 else "", markersize=3.4)  # fmt: skip


def _names(
    axes: Axes, chart: Chart, main: Lane, others: Sequence[Lane], found: Sequence[Band]
) -> None:
    last = main.points[-1]
    x, below = seconds(last.at), 0.0
    high = chart.frame.scale.high
    labels = []
    for band, top in zip(found, heights(last, found), strict=False):
        if (top - below) / high > _THIN:
            labels.append(Label(band.name, x, (below + top) / 2, "ink", "muted", is_begun=True))
        below = top
    if found and (last.value - below) / high > _THIN:
        labels.append(Label("other lines", x, (below + last.value) / 2, "muted", "muted"))
    total = quantity.text(last.value, Unit.BYTES)
    labels.append(Label(total, x, last.value, "ink", "ink", bold=True))
    for lane in others:
        end = lane.points[-1]
        text = f"{lane.name} {quantity.text(end.value, Unit.BYTES)}"
        labels.append(Label(text, seconds(end.at), end.value, "muted", "muted"))
    write(axes, chart.frame, labels)

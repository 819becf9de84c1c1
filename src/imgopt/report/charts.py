"""Charts of the trends with matplotlib, as PNG or SVG bytes."""

from __future__ import annotations

import io
from collections.abc import Sequence

import matplotlib
import msgspec
import pandas as pd

matplotlib.use("Agg")
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullLocator

from imgopt.report.labels import label_lines

# Okabe and Ito's colours, which people with colour blindness tell apart too.
COLOURS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000"]
_MARKERS = "osD^vP*"
_WIDTH_IN, _HEIGHT_IN, _LABEL_IN = 9.0, 3.8, 0.19
_MANY_COMMITS = 20  # of which not every one is named
_LOG_RATIO = 20  # between the biggest and the smallest value: less of it fits a linear axis
_NEAR_PX = 7  # points that are nearer than that cover each other


class _Series(msgspec.Struct, frozen=True):
    """One line: its places on the x axis, its values, and how far they spread."""

    name: str
    places: list[int]
    values: list[float]
    spread: list[float]

    @property
    def lower(self) -> list[float]:
        """How far the whiskers reach down: never to zero, which no log axis has."""
        return [max(min(s, v * 0.95), 0.0) for s, v in zip(self.spread, self.values, strict=True)]


def build_time(points: pd.DataFrame, service: str) -> Figure:
    """Median build time over commits, a line a scenario; whiskers are the MAD."""
    chosen = points[points["service"] == service]
    order = _order(chosen)
    lines = [
        _Series(
            str(scenario),
            [order[commit] for commit in rows["commit"]],
            [float(value) for value in rows["median_s"]],
            [float(value) for value in rows["mad_s"]],
        )
        for scenario, rows in chosen.groupby("scenario", sort=False)
    ]
    note = "whiskers: median absolute deviation"
    return _chart(f"{service}: build time by commit", "build time (s)", lines, list(order), note)


def image_size(points: pd.DataFrame) -> Figure:
    """Image size over commits, a line a service."""
    order = _order(points)
    lines = []
    for service, rows in points.groupby("service", sort=False):
        last = rows.groupby("commit", sort=False)["size_bytes"].last()
        places = [order[str(commit)] for commit in last.index]
        values = [float(size) / 1e6 for size in last]
        lines.append(_Series(str(service), places, values, [0.0] * len(values)))
    return _chart("image size by commit", "image size (MB)", lines, list(order), "", zero=True)


def _order(points: pd.DataFrame) -> dict[str, int]:
    """The place of each commit on the x axis."""
    commits = points.sort_values("at", kind="stable")["commit"].drop_duplicates()
    return {str(commit): place for place, commit in enumerate(commits)}


def _chart(
    title: str,
    unit: str,
    lines: Sequence[_Series],
    commits: Sequence[str],
    note: str,
    zero: bool = False,
) -> Figure:
    """Lines over commits. With `zero` the y axis begins there, else where it shows most."""
    height = max(_HEIGHT_IN, 1.4 + _LABEL_IN * len(lines))
    figure = Figure(figsize=(_WIDTH_IN, height), layout="constrained")
    axes = figure.add_subplot()
    axes.set_title(title, loc="left", parse_math=False)
    _commit_axis(axes, commits, note)
    is_log = _value_axis(axes, lines, zero)
    axes.set_ylabel(f"{unit}, log scale" if is_log else unit)
    axes.spines[["top", "right"]].set_visible(False)
    size = 6 if len(commits) <= _MANY_COMMITS * 2 else 3.5
    covers = _covered(figure, axes, lines)
    wider = min(2.2, 14 / max(*covers, 1))
    for number, (line, covered) in enumerate(zip(lines, covers, strict=True)):
        # What lies under others is drawn wider, so that it looks out on both sides.
        axes.errorbar(
            line.places,
            line.values,
            yerr=[line.lower, line.spread] if any(line.spread) else None,
            label=line.name,
            marker=_MARKERS[(number + number // len(COLOURS)) % len(_MARKERS)],
            color=COLOURS[number % len(COLOURS)],
            linewidth=1.4 + wider * covered,
            markersize=size * (1 + wider / 4.4 * covered),
            elinewidth=1,
            capsize=3,
            zorder=3 + number / 100,
            clip_on=False,
        )  # fmt: skip
    ends = [(line.name, line.places[-1], line.values[-1]) for line in lines]
    label_lines(figure, axes, ends, [COLOURS[n % len(COLOURS)] for n in range(len(lines))])
    return figure


def _commit_axis(axes: Axes, commits: Sequence[str], note: str) -> None:
    """The commits from left to right, and below them what their names do not say."""
    step = max(1, len(commits) // _MANY_COMMITS)
    names = [c[:7] + ("+" if c.endswith("+") else "") or "none" for c in commits]
    axes.set_xticks(range(0, len(commits), step))
    axes.set_xticklabels(names[::step], rotation=30, ha="right", fontsize=8)
    axes.set_xlim(-0.5, len(commits) - 0.5)
    notes = [note] if note else []
    if any(c.endswith("+") for c in commits):
        notes.append("+ after a commit: with uncommitted changes")
    if "" in commits:
        notes.append("none: not in git")
    if notes:
        axes.set_xlabel(" · ".join(notes), loc="right", fontsize=8, color="#555555")


def _value_axis(axes: Axes, lines: Sequence[_Series], zero: bool) -> bool:
    """Limits with room for every point and whisker; whether the axis is logarithmic."""
    values = [value for line in lines for value in line.values]
    low, high = min(values), max(values)
    top = max(v + s for line in lines for v, s in zip(line.values, line.spread, strict=True))
    bottom = min(v - s for line in lines for v, s in zip(line.values, line.lower, strict=True))
    is_log = not zero and low > 0 and high / low > _LOG_RATIO
    if is_log:
        axes.set_yscale("log")
        axes.set_ylim(bottom / 1.3, top * 1.3)
        axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.yaxis.set_major_formatter("{x:g}")
        axes.yaxis.set_minor_locator(NullLocator())
    else:
        least, most = min(bottom, 0.0), max(top, 0.0)
        span = most - least or 1.0
        axes.set_ylim(least - 0.04 * span, most + 0.1 * span)
    axes.grid(axis="y", color="#dddddd")
    axes.set_axisbelow(True)
    return is_log


def _covered(figure: Figure, axes: Axes, lines: Sequence[_Series]) -> list[int]:
    """For each line by how many later ones it would be covered somewhere."""
    figure.draw_without_rendering()  # places the axes, so that points have pixels
    pixels = [
        {p: float(axes.transData.transform((p, v))[1]) for p, v in zip(line.places, line.values,
                                                                     strict=True)}
        for line in lines
    ]  # fmt: skip
    return [
        sum(
            any(abs(own[p] - other[p]) < _NEAR_PX for p in own.keys() & other.keys())
            for other in pixels[number + 1 :]
        )
        for number, own in enumerate(pixels)
    ]


def render(figure: Figure, format_: str = "png") -> bytes:
    """The figure as a file's bytes; the same figure always gives the same bytes."""
    buffer = io.BytesIO()
    metadata = {"Date": None} if format_ == "svg" else {"Software": None}
    figure.savefig(buffer, format=format_, dpi=110, metadata=metadata)
    return buffer.getvalue()

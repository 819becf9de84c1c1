"""Charts of the trends with matplotlib, as PNG or SVG bytes."""

from __future__ import annotations

import io

import matplotlib
import pandas as pd

matplotlib.use("Agg")
from matplotlib.axes import Axes
from matplotlib.figure import Figure

# Okabe and Ito's colours, which people with colour blindness tell apart too.
COLOURS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000"]
_MARKERS = "osD^vP*"


def build_time(points: pd.DataFrame, service: str) -> Figure:
    """Median build time over commits, a line a scenario; whiskers are the MAD."""
    chosen = points[points["service"] == service]
    figure, axes, order = _axes(chosen, "build time (s)")
    for number, (scenario, rows) in enumerate(chosen.groupby("scenario", sort=False)):
        places = [order[c] for c in rows["commit"]]
        axes.errorbar(
            places,
            rows["median_s"],
            yerr=rows["mad_s"],
            label=str(scenario),
            marker=_MARKERS[number % len(_MARKERS)],
            color=COLOURS[number % len(COLOURS)],
            capsize=3,
        )
    axes.set_title(f"{service}: build time by commit", loc="left")
    axes.margins(y=0.12)
    axes.set_ylim(bottom=0)
    axes.legend(frameon=False, loc="upper right")
    return figure


def image_size(points: pd.DataFrame) -> Figure:
    """Image size over commits, a line a service."""
    figure, axes, order = _axes(points, "image size (MB)")
    for number, (service, rows) in enumerate(points.groupby("service", sort=False)):
        last = rows.groupby("commit", sort=False).last()
        axes.plot(
            [order[c] for c in last.index],
            last["size_bytes"] / 1e6,
            label=str(service),
            marker=_MARKERS[number % len(_MARKERS)],
            color=COLOURS[number % len(COLOURS)],
        )
    axes.set_title("image size by commit", loc="left")
    axes.margins(y=0.12)
    axes.set_ylim(bottom=0)
    axes.legend(frameon=False, loc="upper right")
    return figure


def _axes(points: pd.DataFrame, label: str) -> tuple[Figure, Axes, dict[str, int]]:
    commits = points.sort_values("at", kind="stable")["commit"].drop_duplicates()
    order = {str(commit): place for place, commit in enumerate(commits)}
    figure = Figure(figsize=(9, 3.6), layout="constrained")
    axes = figure.add_subplot()
    step = max(1, len(order) // 20)
    axes.set_xticks(range(0, len(order), step))
    names = [c[:7] + ("+" if c.endswith("+") else "") or "none" for c in order]
    axes.set_xticklabels(names[::step], rotation=30, ha="right", fontsize=8)
    axes.set_ylabel(label)
    axes.grid(axis="y", color="#dddddd")
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes, order


def render(figure: Figure, format_: str = "png") -> bytes:
    """The figure as a file's bytes; the same figure always gives the same bytes."""
    buffer = io.BytesIO()
    metadata = {"Date": None} if format_ == "svg" else {"Software": None}
    figure.savefig(buffer, format=format_, dpi=110, metadata=metadata)
    return buffer.getvalue()

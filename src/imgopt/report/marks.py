"""What is drawn upon lines: change points, failed builds, breaks and budgets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.collections import LineCollection

from imgopt.report import chart_text, lanes, quantity
from imgopt.report.canvas import SMALL_PT, Chart, colour
from imgopt.report.lanes import Lane
from imgopt.report.model import Change, Metric, ServiceReport, Unit
from imgopt.report.ticks import seconds

_WORDS = {
    Metric.TIME: ("slower", "faster"),
    Metric.SIZE: ("bigger", "smaller"),
}
_APART = 0.12  # of the axes' width: change marks that are nearer have one text


def words(metric: Metric) -> tuple[str, str]:
    """What a rise and a fall of a metric are called."""
    return _WORDS.get(metric, ("more", "less"))


def is_worse(change: Change) -> bool:
    """Whether the step was one for the worse: of all metrics but cache hits, a rise is."""
    return (change.ratio < 1) is (change.metric is Metric.CACHE_HITS)


def changes(
    axes: Axes,
    chart: Chart,
    service: ServiceReport,
    metric: Metric,
    drawn: Sequence[Lane],
    links: Mapping[int, str],
) -> None:
    """A triangle at each change point, up or down, with its ratio; `links` are addresses by the
    number of the change."""
    places = {
        (lane.scenario, point.commit): (seconds(point.at), point.value)
        for lane in drawn
        for point in lane.points
    }
    chosen = [(n, c) for n, c in enumerate(service.changes) if c.metric is metric]
    texts: list[tuple[float, float, Change]] = []
    for up in (True, False):
        some = [(n, c) for n, c in chosen if (c.ratio >= 1) is up]
        for worse in (True, False):
            marks = [(n, c) for n, c in some if is_worse(c) is worse]
            if not marks:
                continue
            at = [places.get((c.scenario, c.commit), (seconds(c.at), c.after)) for _, c in marks]
            made = axes.scatter(
                [x for x, _ in at], [y for _, y in at], marker="^" if up else "v", s=76,
                color=colour("worse" if worse else "better"), edgecolors=colour("ground"),
                linewidths=1.0, zorder=6, clip_on=False,
            )  # fmt: skip
            made.set_urls([links.get(n) for n, _ in marks])
            for n, change in marks:
                if n in links:
                    chart.links[links[n]] = _name(change)
            texts += [(x, y, c) for (x, y), (_, c) in zip(at, marks, strict=True)]
            chart.key.append(f"{'▲' if up else '▼'} {words(metric)[0 if up else 1]}")
    _ratios(axes, chart, texts)


def _name(change: Change) -> str:
    return (
        f"{change.scenario or change.metric} {quantity.change(change.ratio)}"
        f" since {change.commit[:10]}"
    )


def _ratios(axes: Axes, chart: Chart, texts: list[tuple[float, float, Change]]) -> None:
    """How big the steps are, where there is room to say it; the biggest first."""
    span = chart.frame.span
    taken: list[float] = []
    for x, y, change in sorted(texts, key=lambda text: -abs(text[2].confidence)):
        across = (x - span.low) / (span.high - span.low)
        if any(abs(across - other) < _APART for other in taken):
            continue
        taken.append(across)
        right = across < 0.1 or (change.ratio < 1 and across < 0.9)
        axes.annotate(
            quantity.change(change.ratio), (x, y),
            (7 if right else -6, 4 if change.ratio < 1 else 1),
            textcoords="offset points", fontsize=SMALL_PT, parse_math=False, zorder=7,
            va="baseline", ha="left" if right else "right", weight="bold",
            color=colour("worse" if is_worse(change) else "better"), annotation_clip=False,
        )  # fmt: skip


def failures(axes: Axes, chart: Chart, service: ServiceReport, links: Mapping[int, str]) -> None:
    """A cross at the foot of the axes for each failed build."""
    if not service.failed:
        return
    made = axes.scatter(
        [seconds(failed.at) for failed in service.failed], [0.035] * len(service.failed),
        transform=axes.get_xaxis_transform(), marker="x", s=26, linewidths=1.6,
        color=colour("failed"), zorder=5, clip_on=False,
    )  # fmt: skip
    made.set_urls([links.get(n) for n in range(len(service.failed))])
    for n, failed in enumerate(service.failed):
        if n in links:
            chart.links[links[n]] = f"failed build of {failed.commit[:10]}"
    chart.key.append("× failed build")


def breaks(axes: Axes, chart: Chart, drawn: Iterable[Lane], named: bool = True) -> None:
    """A dotted line where another machine or engine begins."""
    found = lanes.breaks(drawn)
    if not found:
        return
    axes.add_collection(
        LineCollection(
            [[(one.at, 0.0), (one.at, 1.0)] for one in found], colors=colour("muted"),
            linewidths=1.0, linestyles=[(0, (1.5, 2.5))], transform=axes.get_xaxis_transform(),
            zorder=1.5,
        ),
        autolim=False,
    )  # fmt: skip
    span = chart.frame.span
    last = -1.0
    for one in found if named else ():
        across = (one.at - span.low) / (span.high - span.low)
        if across - last < 0.25:
            continue
        last = across
        axes.annotate(
            one.what, (one.at, 1.0), (-3 if across > 0.7 else 3, 1),
            xycoords=("data", "axes fraction"), textcoords="offset points",
            ha="right" if across > 0.7 else "left", va="bottom",
            fontsize=SMALL_PT, color=colour("muted"), parse_math=False, annotation_clip=False,
        )  # fmt: skip
    chart.key.append("┊ new machine or engine")


def budget(axes: Axes, chart: Chart, limit: float, unit: Unit, name: str, shade: str) -> None:
    """A dashed line at a limit, named; nothing when it is far above all values."""
    scale = chart.frame.scale
    text = f"{name} {quantity.text(limit, unit)}".strip()
    if not scale.low < limit <= scale.high:
        chart.key.append(f"{chart_text.shown(text, 60)}, above this chart")
        return
    axes.axhline(limit, color=colour(shade), linewidth=1.1, linestyle=(0, (5, 3)), zorder=2.5)
    above = scale.place(limit) < 0.9
    axes.annotate(
        chart_text.shown(text, 40), (0.0, limit), (3, 3 if above else -3), ha="left",
        xycoords=("axes fraction", "data"), textcoords="offset points", fontsize=SMALL_PT,
        va="baseline" if above else "top", color=colour(shade), parse_math=False, zorder=4,
    )  # fmt: skip

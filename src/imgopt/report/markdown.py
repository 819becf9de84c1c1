"""The report as Markdown, with the charts as files beside it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from imgopt.report.html import percent
from imgopt.report.summary import ServiceTrend


def escape(text: str) -> str:
    """Text of others (a commit's subject) so that it cannot become markup."""
    for sign in "\\`*_{}[]<>#|!~":
        text = text.replace(sign, "\\" + sign)
    return " ".join(text.split())


def render(services: Sequence[ServiceTrend], charts: dict[str, str], made_at: datetime) -> str:
    """The page; `charts` maps a service, or "size", to its file name."""
    out = ["# Build trends", "", f"Made {made_at:%Y-%m-%d %H:%M} UTC by `imgopt report`.", ""]
    if "size" in charts:
        out += [f"![image size by commit]({charts['size']})", ""]
    for trend in services:
        out += [f"## {escape(trend.service)}", ""]
        if trend.service in charts:
            out += [f"![build time by commit]({charts[trend.service]})", ""]
        head = ["commit", "date", "subject", *(f"{s} (s)" for s in trend.scenarios), "image (MB)"]
        out += [f"| {' | '.join(head)} |", "|" + "---|" * len(head)]
        for point in trend.points:
            times = [f"{point.times[s]:.2f}" if s in point.times else "–" for s in trend.scenarios]
            cells = [f"`{point.commit or 'none'}`", point.date, escape(point.subject), *times]
            out.append(f"| {' | '.join([*cells, f'{point.size_bytes / 1e6:.1f}'])} |")
        changes = [percent(trend.change(s)) for s in trend.scenarios]
        cells = ["**first to last**", "", "", *changes, percent(trend.size_change)]
        out += [f"| {' | '.join(cells)} |", ""]
    return "\n".join(out)

"""The report as one self-contained HTML file (Jinja2, autoescape on)."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from datetime import datetime

import jinja2

from imgopt import __version__
from imgopt.report.summary import ServiceTrend


def render(services: Sequence[ServiceTrend], charts: dict[str, bytes], made_at: datetime) -> str:
    """The page; `charts` maps a service, or "size", to a PNG that is put into the page."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("imgopt.report"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["percent"] = percent
    images = {
        name: "data:image/png;base64," + base64.b64encode(data).decode()
        for name, data in charts.items()
    }
    template = environment.get_template("report.html")
    return template.render(
        services=services, images=images, made_at=made_at.strftime("%Y-%m-%d %H:%M UTC"),
        version=__version__,
    )  # fmt: skip


def percent(ratio: float | None) -> str:
    """A ratio as a change: 0.62 is −38 %."""
    if ratio is None:
        return "–"
    change = round((ratio - 1) * 100)
    return f"{'+' if change > 0 else '−' if change < 0 else '±'}{abs(change)} %"

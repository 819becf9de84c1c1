"""The report as one self-contained HTML file (Jinja2, autoescape on)."""

from __future__ import annotations

import base64

import jinja2

from imgopt import __version__
from imgopt.formats.registry import Options
from imgopt.formats.units import percent
from imgopt.report.document import Picture, Report


def render(report: Report, _options: Options) -> dict[str, bytes]:
    """`report.html`, with the charts in it."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("imgopt.report"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["percent"] = percent
    page = environment.get_template("report.html").render(
        services=report.services,
        image_size=_url(report.image_size) if report.services else "",
        build_times={name: _url(picture) for name, picture in report.build_times.items()},
        made_at=f"{report.made_at:%Y-%m-%d %H:%M} UTC",
        version=__version__,
    )
    return {"report.html": page.encode("utf-8", errors="replace")}


def _url(picture: Picture) -> str:
    return "data:image/png;base64," + base64.b64encode(picture.png).decode()

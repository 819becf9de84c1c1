"""The report as one self-contained HTML file (Jinja2, autoescape on).

Its security policy allows the page's own style sheet and script, by their digests, and nothing
else: whatever a name smuggles in, it neither runs nor loads.
"""

from __future__ import annotations

import base64
import hashlib
from importlib import resources

import jinja2
from markupsafe import Markup

from imgopt import __version__
from imgopt.formats.page import overview, rows
from imgopt.formats.page.embedded import Values
from imgopt.formats.page.links import commit_url
from imgopt.formats.page.sections import Drawing, section, sentences
from imgopt.formats.registry import Options
from imgopt.report import charts, palette, pictures
from imgopt.report.model import ReportData


def render(report: ReportData, options: Options) -> dict[str, bytes]:
    """`report.html`, with the charts in it."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("imgopt.report"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    looks = palette.looks(charts.scenarios_of(report))
    drawing = Drawing(
        looks,
        charts.times_of(report),
        pictures.Styles(),
        Values(report),
        commit_url(options.repository),
    )
    made = [section(number, one, drawing) for number, one in enumerate(report.services, 1)]
    style = _style(drawing.styles)
    script = _template("report.js")
    page = environment.get_template("report.html").render(
        title="Builds, week by week" if report.weekly else "Build trends",
        made=_made(report),
        weekly=report.weekly,
        sentences=sentences(report),
        overview=overview.overview(report, overview.common(report, list(looks))),
        sections=made,
        delivery=rows.delivery(report.delivery),
        version=__version__,
        values=Markup(drawing.values.text(drawing.url)),
        style=Markup(style),
        script=Markup(script),
        policy=f"default-src 'none'; style-src {_digest(style)}; script-src {_digest(script)}; "
        "base-uri 'none'; form-action 'none'",
    )
    return {"report.html": page.encode("utf-8", errors="replace")}


def _made(report: ReportData) -> str:
    commits = {
        point.commit for one in report.services for series in one.series for point in series.points
    }
    counted = [f"{len(report.services)} service" + "s" * (len(report.services) != 1)]
    counted.append(f"{len(commits):,} commit" + "s" * (len(commits) != 1))
    since = f"Since {_day(report.since)}. " if report.since else ""
    week = "The last seven days are shaded. " if report.weekly else ""
    clock = f"{report.made_at:%H:%M}"
    return f"{', '.join(counted)}. {since}{week}Made {_day(report.made_at)} {clock} UTC."


def _day(at: object) -> str:
    return str(at)[:10]


def _style(styles: pictures.Styles) -> str:
    light, dark = pictures.variables("light"), pictures.variables("dark")
    return (
        f":root{{{light}}}\n@media (prefers-color-scheme: dark){{:root{{{dark}}}}}\n"
        f"@media print{{:root{{{light}}}}}\n{_template('report.css')}{styles.css('.plot ')}"
    )


def _template(name: str) -> str:
    return resources.files("imgopt.report").joinpath("templates", name).read_text("utf-8")


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"

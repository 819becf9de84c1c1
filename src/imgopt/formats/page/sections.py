"""The parts of the report's page: the summary, and a section a service with its charts."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import msgspec
from markupsafe import Markup

from imgopt.formats.page import rows
from imgopt.formats.page.embedded import Values
from imgopt.formats.page.rows import Table
from imgopt.report import charts, lanes, pictures, quantity, size_chart
from imgopt.report.canvas import MAIN, NARROW, Chart, Span
from imgopt.report.lanes import Lane
from imgopt.report.model import Metric, ReportData, Sentence, ServiceReport
from imgopt.report.palette import Look
from imgopt.report.pictures import Styles

# The metrics of the small charts, in their order.
FOLLOWED = (Metric.CACHE_HITS, Metric.CONTEXT, Metric.PULL, Metric.FINDINGS, Metric.FAILURES)


class Said(msgspec.Struct, frozen=True):
    """A sentence of the summary in three parts, of which the middle one is a link."""

    tone: str
    before: str
    linked: str
    after: str
    link: str


class Drawn(msgspec.Struct, frozen=True):
    """A chart of a page: its heading, its last value, its drawing, and it in words."""

    name: str
    title: str
    value: str
    svg: Markup
    label: str
    key: str
    is_small: bool


class Section(msgspec.Struct, frozen=True):
    """All of a page that is of one service."""

    number: int
    service: str
    charts: tuple[Drawn, ...]
    small: tuple[Drawn, ...]
    changes: Table | None
    failed: Table | None
    commits: Table | None


class Drawing(msgspec.Struct, frozen=True):
    """What all charts of a page share."""

    looks: Mapping[str, Look]
    span: Span
    styles: Styles
    values: Values
    url: str


def sentences(report: ReportData) -> list[Said]:
    """The summary, each sentence with a link to the change that it is of."""
    anchors: dict[tuple[str, str], str] = {}
    for number, service in enumerate(report.services, 1):
        anchors[service.service, ""] = f"#service-{number}"
        for n, change in enumerate(service.changes, 1):
            anchors.setdefault((service.service, change.commit), f"#change-{number}-{n}")
        for failed in service.failed:
            anchors.setdefault((service.service, failed.commit), f"#failed-{number}")
    return [_said(sentence, anchors) for sentence in report.sentences]


def _said(sentence: Sentence, anchors: Mapping[tuple[str, str], str]) -> Said:
    text = rows.text(sentence.text, 600)
    whole = anchors.get((sentence.service, ""), "")
    link = anchors.get((sentence.service, sentence.commit), whole)
    linked = ""
    if link and sentence.commit:
        found = re.search(rf"\b{re.escape(sentence.commit[:7])}[0-9a-f]*", text)
        linked = found[0] if found else ""
    if link and not linked:
        name = rows.text(sentence.service, 600)
        linked = name if name and name in text else ""
    before, _, after = text.partition(linked) if linked else (text, "", "")
    return Said(sentence.tone, before, linked, after, link)


def section(number: int, service: ServiceReport, drawing: Drawing) -> Section:
    """The charts and tables of one service; `number` is its place on the page, from 1."""
    change_links = {n: f"#change-{number}-{n + 1}" for n in range(len(service.changes))}
    failed_links = dict.fromkeys(range(len(service.failed)), f"#failed-{number}")
    look, span = drawing.looks, drawing.span
    times = [
        charts.build_time(service, look, span, sheet, change_links, failed_links)
        for sheet in (MAIN, NARROW)
    ]
    sizes = [
        size_chart.image_size(service, look, span, sheet, change_links) for sheet in (MAIN, NARROW)
    ]
    drawn = [_drawn(number, service, Metric.TIME, times, drawing)]
    drawn.append(_drawn(number, service, Metric.SIZE, sizes, drawing))
    small = [
        _drawn(number, service, m, [charts.followed(service, m, look, span, change_links)],
               drawing)
        for m in FOLLOWED
    ]  # fmt: skip
    shown = (Metric.TIME, Metric.SIZE, *FOLLOWED)
    lines = [lane for metric in shown for lane in _lanes(service, metric, drawing)]
    return Section(
        number,
        rows.text(service.service, 80),
        tuple(one for one in drawn if one),
        tuple(one for one in small if one),
        rows.changes(service, drawing.url, f"change-{number}"),
        rows.failed(service, drawing.url),
        rows.commits(lines, drawing.url),
    )


def _lanes(service: ServiceReport, metric: Metric, drawing: Drawing) -> list[Lane]:
    return lanes.of(service, metric, drawing.looks)[0]


def _drawn(
    number: int,
    service: ServiceReport,
    metric: Metric,
    made: Sequence[Chart | None],
    drawing: Drawing,
) -> Drawn | None:
    """One chart, drawn for a wide screen and, where there is a second one, for a narrow one."""
    papers = [chart for chart in made if chart is not None]
    if not papers:
        return None
    name = f"c{number}{metric[:2]}"
    lines = _lanes(service, metric, drawing)
    changes = [change for change in service.changes if change.metric is metric]
    failed = service.failed if metric is Metric.TIME else ()
    drawing.values.add(name, [chart.frame for chart in papers], lines, changes, failed)
    is_small = len(papers) == 1
    title = rows.metric_name(metric)
    last = [quantity.text(lane.points[-1].value, lane.unit) for lane in lines]
    return Drawn(
        name,
        title[0].upper() + title[1:],
        last[0] if is_small and len(last) == 1 else "",
        Markup(
            "".join(
                pictures.svg(chart, drawing.styles, f"{name}{n or ''}")
                for n, chart in enumerate(papers)
            )
        ),
        _label(service, title, lines, last, len(changes), len(failed)),
        "" if is_small else " · ".join(dict.fromkeys(papers[0].key)),
        is_small,
    )


def _label(
    service: ServiceReport,
    title: str,
    lines: Sequence[Lane],
    last: Sequence[str],
    changes: int,
    failed: int,
) -> str:
    """The chart in words, for who does not see it."""
    ends = ", ".join(
        f"{lane.name} {value}" if lane.scenario else value
        for lane, value in zip(lines, last, strict=True)
    )
    parts = [f"{title} of {service.service[:80]}", f"now {ends}" if ends else ""]
    parts.append(f"{changes} change points" if changes != 1 else "one change point")
    parts.append(f"{failed} failed builds" if failed else "")
    return rows.text("; ".join(part for part in parts if part), 300)

"""The report as Markdown for a job's summary or a chat, with the charts as files beside it."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from imgopt.formats.escape import code_span, cut, markdown
from imgopt.formats.page import overview, rows
from imgopt.formats.page.links import commit_url
from imgopt.formats.page.rows import Cell, Table
from imgopt.formats.registry import Options
from imgopt.report import charts, gallery, palette, pictures
from imgopt.report.model import ReportData, Sentence

_SENTENCES, _ROWS, _SHOWN = 20, 12, 20  # of the summary, of a table, of all services
_ROOM = 220  # characters of a cell
_LONGEST = 60_000  # characters, beyond which services have no tables of their own
# Columns of the page's tables that have room here.
_CHANGES = ("What", "Change", "Before", "After", "Commit", "Subject", "Author", "Dockerfile line")
_FAILED = ("When", "Commit", "Subject", "Dockerfile line", "Message")
_SIGNS = {"worse": "🔴", "better": "🟢"}


def render(report: ReportData, options: Options) -> dict[str, bytes]:
    """`report.md`, and the charts that it links to."""
    url = commit_url(options.repository)
    title = "Builds, week by week" if report.weekly else "Build trends"
    out = [f"# {title}", "", *_said(report.sentences)]
    if not report.services:
        out += ["The history holds no records yet.", ""]
    looks = list(palette.looks(charts.scenarios_of(report)))
    if report.services:
        out += [*_table(overview.overview(report, overview.common(report, looks)), _SHOWN)]
    shown = msgspec.structs.replace(report, services=report.services[:_SHOWN])
    drawn = list(gallery.pictures_of(shown))
    files = {f"{one.file}.png": pictures.png(one.chart) for one in drawn}
    for service in shown.services:
        name = _name(service.service)
        out += [f"## {name}", ""]
        out += [
            f"![{one.title} of {name}]({one.file}.png)"
            for one in drawn
            if one.service == service.service
        ]
        out += [""]
        if sum(map(len, out)) < _LONGEST:
            out += _details(rows.changes(service, url, ""), _CHANGES)
            out += _details(rows.failed(service, url), _FAILED)
    if len(report.services) > _SHOWN:
        out += [f"{len(report.services) - _SHOWN} more services are in `report.html`.", ""]
    delivery = rows.delivery(report.delivery)
    if delivery is not None:
        out += ["## Delivery", "", *_table(delivery, _SHOWN)]
    out += [f"Made {report.made_at:%Y-%m-%d %H:%M} UTC by `imgopt report`.", ""]
    return {"report.md": "\n".join(out).encode("utf-8", errors="replace"), **files}


def _name(service: str) -> str:
    return markdown(cut(service[:400], 60))


def _said(sentences: Sequence[Sentence]) -> list[str]:
    """The summary, the verdict first."""
    out: list[str] = []
    for number, one in enumerate(sentences[:_SENTENCES]):
        sign = f"{_SIGNS[one.tone]} " if one.tone in _SIGNS else ""
        text = markdown(cut(one.text[:2000], 600))
        out += [f"- {sign}{text}"] if number else [f"{sign}**{text}**", ""]
    if len(sentences) > _SENTENCES:
        out.append(f"- {len(sentences) - _SENTENCES} more in `report.html`")
    return [*out, ""] if out else []


def _details(table: Table | None, columns: Sequence[str]) -> list[str]:
    """Some columns of a table, if there is one."""
    if table is None:
        return []
    kept = [n for n, name in enumerate(table.head) if name in columns]
    head = tuple(table.head[n] for n in kept)
    chosen = tuple(tuple(row[n] for n in kept) for row in table.rows)
    narrow = msgspec.structs.replace(table, head=head, rows=chosen)
    return [f"**{table.caption}**", "", *_table(narrow, _ROWS)]


def _table(table: Table, most: int) -> list[str]:
    out = [f"| {' | '.join(markdown(name) for name in table.head)} |"]
    first = table.rows[0] if table.rows else ()
    out.append("|" + "".join("--:|" if _is_number(cell) else "---|" for cell in first))
    out += [f"| {' | '.join(_cell(cell) for cell in row)} |" for row in table.rows[:most]]
    more = len(table.rows) - most
    notes = [f"{more} more in `report.html`." if more > 0 else table.note]
    return [*out, "", *(f"<sub>{note}</sub>\n" for note in notes if note)]


def _is_number(cell: Cell) -> bool:
    return cell.kind in ("number", "worse", "better")


def _cell(cell: Cell) -> str:
    """A cell's text; of its links only those to the forge lead anywhere from here."""
    text = cut(cell.text, _ROOM)
    shown = code_span(text) if "code" in cell.kind and text != rows.NONE else markdown(text)
    if cell.link.startswith("https://") or cell.link.startswith("http://"):
        return f"[{shown}]({cell.link})"
    return shown

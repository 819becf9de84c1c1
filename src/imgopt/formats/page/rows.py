"""The tables of the report's page: rows of cells, with what they are sorted by."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec

from imgopt.formats.escape import cut, printable
from imgopt.report import chart_text, marks, quantity
from imgopt.report.lanes import Lane
from imgopt.report.model import (
    Change,
    Delivery,
    Failed,
    Metric,
    Point,
    ServiceReport,
    Unit,
)
from imgopt.report.ticks import seconds

NONE = "–"
MOST_ROWS = 30  # of a table; CSV and JSON have all
_NAMES = {
    Metric.TIME: "build time",
    Metric.SIZE: "image size",
    Metric.CACHE_HITS: "cache hits",
    Metric.CONTEXT: "build context",
    Metric.PULL: "pulled by a node",
    Metric.FAILURES: "failed builds",
    Metric.FINDINGS: "lint findings",
}


class Cell(msgspec.Struct, frozen=True):
    """What stands in a cell; `sort` is its number, None where its text is what is compared."""

    text: str
    sort: float | None = None
    kind: str = ""  # number, code, date, or the tone of a change
    link: str = ""
    note: str = ""


class Table(msgspec.Struct, frozen=True):
    """A table with the names of its columns; its rows have anchors where `anchor` begins them."""

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""
    anchor: str = ""


def metric_name(metric: Metric) -> str:
    """What a metric is called in text."""
    return _NAMES[metric]


def text(value: str, room: int = 160) -> str:
    """Text of others on one line, cut."""
    return cut(printable(" ".join(value[: 4 * room].split())), room)


def date(at: datetime) -> Cell:
    """A day, sorted by its second."""
    shown = f"{at.year:04}-{at.month:02}-{at.day:02}"
    return Cell(shown, round(seconds(at)), "date", note=f"{at:%H:%M}")


def commit(sha: str, dirty: bool, url: str) -> Cell:
    """A commit, linked to the forge where its address is known."""
    shown = text(sha[:10], 10) + ("+" if dirty else "")
    return Cell(shown or "none", kind="code", link=commit_link(sha, url))


def commit_link(sha: str, url: str) -> str:
    """The address of a commit, nothing for what is no commit."""
    is_commit = 7 <= len(sha) <= 64 and not set(sha) - set("0123456789abcdef")
    return url.replace("{commit}", sha) if url and is_commit else ""


def value(amount: float | None, unit: Unit) -> Cell:
    """A number with its unit."""
    if amount is None or amount - amount != 0:
        return Cell(NONE, kind="number")
    return Cell(quantity.text(amount, unit), float(f"{amount:.6g}"), "number")


def changes(service: ServiceReport, url: str, anchor: str) -> Table | None:
    """A row a change point."""
    if not service.changes:
        return None
    rows = [_change(change, url) for change in service.changes]
    head = ("What", "Change", "Before", "After", "Since", "Commit", "Subject", "Author",
            "Dockerfile line", "Moved by", "Confidence")  # fmt: skip
    return Table("Changes", head, tuple(rows[:MOST_ROWS]), _left_out(len(rows)), anchor)


def _change(change: Change, url: str) -> tuple[Cell, ...]:
    unit = change.metric.unit
    low, high = quantity.change(change.low), quantity.change(change.high)
    where = f"{change.line} {chart_text.instruction(change.instruction)}".strip()
    if not change.line:
        where = "base image" if change.line_delta else NONE
    subject = text(change.subject)
    if len(change.candidates) > 1:
        subject += f" (or one of {len(change.candidates) - 1} unbuilt ones before it)"
    return (
        Cell(text(change.scenario, 40) or metric_name(change.metric)),
        Cell(quantity.change(change.ratio), change.ratio,
             "worse" if marks.is_worse(change) else "better", note=f"between {low} and {high}"),
        value(change.before, unit),
        value(change.after, unit),
        date(change.at),
        commit(change.commit, False, url),
        Cell(subject, kind="long"),
        Cell(text(change.author, 60)),
        Cell(text(where, 90), change.line or None, "long code"),
        value(change.line_delta or None, unit),
        Cell(f"{change.confidence:.0%}".replace("%", " %"), change.confidence, "number"),
    )  # fmt: skip


def failed(service: ServiceReport, url: str) -> Table | None:
    """A row a failed build, the newest first."""
    if not service.failed:
        return None
    rows = [_failed(one, url) for one in reversed(service.failed)]
    head = ("When", "Commit", "Subject", "Author", "Scenario", "Dockerfile line", "Message")
    return Table("Failed builds", head, tuple(rows[:MOST_ROWS]), _left_out(len(rows)))


def _failed(one: Failed, url: str) -> tuple[Cell, ...]:
    where = f"{one.line} {chart_text.instruction(one.instruction)}" if one.line else NONE
    return (
        date(one.at),
        commit(one.commit, one.dirty, url),
        Cell(text(one.subject), kind="long"),
        Cell(text(one.author, 60)),
        Cell(text(one.scenario, 40)),
        Cell(text(where, 90), one.line or None, "long code"),
        Cell(text(one.message, 240), kind="long"),
    )


def commits(lanes: Iterable[Lane], url: str) -> Table | None:
    """A row a commit with the value of each line of the charts, the newest first."""
    drawn = list(lanes)
    points: dict[tuple[str, bool, float], Point] = {}
    values: list[dict[tuple[str, bool, float], Point]] = []
    for lane in drawn:
        known = {(p.commit, p.dirty, seconds(p.at)): p for p in lane.points[-MOST_ROWS:]}
        values.append(known)
        points |= known
    if not points:
        return None
    newest = sorted(points, key=lambda key: -key[2])
    rows = [
        (
            date(points[key].at),
            commit(key[0], key[1], url),
            Cell(text(points[key].subject), kind="long"),
            Cell(text(points[key].author, 60)),
            *(
                value(known[key].value if key in known else None, lane.unit)
                for lane, known in zip(drawn, values, strict=True)
            ),
        )
        for key in newest[:MOST_ROWS]
    ]
    head = ("Date", "Commit", "Subject", "Author", *(_heading(lane) for lane in drawn))
    count = max(len(lane.points) for lane in drawn)
    notes = [_left_out(count)]
    if any(key[1] for key in newest):
        notes.append("+ after a commit: built with uncommitted changes.")
    if any(not key[0] for key in newest):
        notes.append("none: built outside git.")
    return Table("Commits", head, tuple(rows), " ".join(note for note in notes if note))


def _heading(lane: Lane) -> str:
    """What a line is called beside those of other metrics."""
    if lane.metric is Metric.TIME:
        return text(lane.name, 40)
    name = metric_name(lane.metric)
    return f"{name}, {text(lane.name, 40)}" if lane.scenario else name


def delivery(rows: Sequence[Delivery]) -> Table | None:
    """A row a service."""
    if not rows:
        return None
    head = ("Service", "Builds", "Failed", "Pipeline", "Deployments", "A week", "Lead time",
            "Change failures", "Time to restore")  # fmt: skip
    found = [
        (
            Cell(text(one.service, 40)),
            value(one.builds, Unit.COUNT),
            value(one.failed_builds, Unit.COUNT),
            value(one.pipeline_s, Unit.SECONDS),
            value(one.deployments, Unit.COUNT),
            value(one.deployments_a_week, Unit.COUNT),
            value(one.lead_time_s, Unit.SECONDS),
            value(one.change_failure_share, Unit.SHARE),
            value(one.restore_s, Unit.SECONDS),
        )
        for one in rows
    ]
    note = (
        "Lead time: from commit to deployment. "
        "Change failures: deployments that failed or were rolled back."
    )
    return Table("Delivery", head, tuple(found), note)


def _left_out(count: int) -> str:
    if count <= MOST_ROWS:
        return ""
    return f"The last {MOST_ROWS} of {count:,}; imgopt report --format csv writes all of them."

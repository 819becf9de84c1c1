"""What alerts say: made of a check that did not pass, or of a report's change points. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from imgopt.alerts.alert import Alert
from imgopt.formats.check_json import reason_document
from imgopt.formats.reasons import amount, code, sentence
from imgopt.formats.report_json import change_document
from imgopt.formats.units import percent
from imgopt.gate.result import CheckResult
from imgopt.report.model import Change, Metric, ReportData

_NEW = timedelta(weeks=1)


def of_check(result: CheckResult, link: str = "") -> Alert | None:
    """The alert of a check; None where it passed."""
    if result.verdict == "pass":
        return None
    against = f" against {code(result.reference)}" if result.reference else ""
    word = "failed" if result.verdict == "fail" else "has no verdict: a build failed"
    return Alert(
        "check",
        f"imgopt check{against} {word}",
        (*result.failures, *map(sentence, result.reasons)),
        tuple(reason_document(reason) for reason in result.reasons),
        link,
    )


def of_report(report: ReportData, link: str = "") -> Alert | None:
    """The alert of the change points of a report's last week; None without any."""
    first = report.made_at - _NEW
    found = [change for service in report.services for change in service.changes]
    return of_changes([change for change in found if change.at >= first], link)


def of_changes(changes: Sequence[Change], link: str = "") -> Alert | None:
    """The alert of change points, those that got worse first; None without any."""
    if not changes:
        return None
    order = sorted(changes, key=lambda change: (change.ratio <= 1, -abs(change.ratio - 1)))
    count = "1 change" if len(order) == 1 else f"{len(order)} changes"
    return Alert(
        "changes",
        f"imgopt report: {count} in build time or image size",
        tuple(map(change_sentence, order)),
        tuple(map(change_document, order)),
        link,
    )


def change_sentence(change: Change) -> str:
    """What changed, by how much, since which commit, whose, and which line."""
    unit = change.metric.unit
    what = f"{change.scenario} build" if change.metric is Metric.TIME else str(change.metric)
    text = (
        f"{code(change.service)}: {what} {percent(change.ratio)}, {amount(change.before, unit)} → "
        f"{amount(change.after, unit)}, since {code(change.commit[:9])}"
    )
    if change.author:
        text += f" by {code(change.author)}"
    if change.subject:
        text += f" ({code(change.subject, 72)})"
    if len(change.candidates) > 1:
        text += f" or one of the {len(change.candidates) - 1} commits before it"
    if change.line:
        text += f"; line {change.line} {code(change.instruction, 72)}"
    return text

"""A report as JSON: schema_version 1, to which fields are only added (docs/report-json.md)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from imgopt import __version__
from imgopt.formats.escape import json_text
from imgopt.formats.registry import Options
from imgopt.report.model import Change, Metric, Point, ReportData, Series, ServiceReport


def render(report: ReportData, _options: Options) -> dict[str, bytes]:
    """`report.json`: every series with its points, a line each, and every change point."""
    fields = {
        "schema_version": "1",
        "imgopt": _text(__version__),
        "made_at": _text(report.made_at.isoformat()),
        "since": _text(report.since.isoformat() if report.since else None),
        "weekly": _text(report.weekly),
        "summary": _list(map(msgspec.to_builtins, report.sentences)),
        "change_points": _list(change_document(c) for s in report.services for c in s.changes),
        "delivery": _list(map(msgspec.to_builtins, report.delivery)),
        "services": _joined(_service(service) for service in report.services),
    }
    return {"report.json": (_object(fields) + "\n").encode()}


def _service(report: ServiceReport) -> str:
    failed = (
        {**msgspec.to_builtins(failed), "at": failed.at.isoformat()} for failed in report.failed
    )
    return _object(
        {
            "service": _text(report.service),
            "change_points": _list(map(change_document, report.changes)),
            "failed": _list(failed),
            "budgets": _text(report.budgets),
            "series": _list(map(_series, report.series)),
        }
    )


# A report has hundreds of thousands of points: one series at a time becomes text.


def _object(fields: dict[str, str]) -> str:
    return "{" + ",\n".join(f'"{name}":{text}' for name, text in fields.items()) + "}"


def _list(values: Iterable[Any]) -> str:
    return _joined(map(_text, values))


def _joined(texts: Iterable[str]) -> str:
    return "[" + ",\n".join(texts) + "]"


def _text(value: Any) -> str:
    return json_text(value, indent=-1).rstrip("\n")


def _series(series: Series) -> dict[str, Any]:
    return {
        "metric": str(series.metric),
        "scenario": series.scenario,
        "unit": str(series.metric.unit),
        "machine": series.machine,
        "engine": series.engine,
        "isolation": series.isolation,
        "points": [_point(point) for point in series.points],
    }


def _point(point: Point) -> dict[str, Any]:
    found: dict[str, Any] = {
        "commit": point.commit,
        "dirty": point.dirty,
        "at": point.at.isoformat(),
        "subject": point.subject,
        "author": point.author,
        "value": point.value,
        "low": point.low,
        "high": point.high,
        "samples": len(point.samples),
    }
    if point.parts:
        found["parts"] = [msgspec.to_builtins(part) for part in point.parts]
    return found


def change_document(change: Change) -> dict[str, Any]:
    """A change point; of a size the metric says what it is of, of a time the scenario."""
    return {
        "service": change.service,
        "metric": str(change.metric),
        "scenario": change.scenario if change.metric is Metric.TIME else None,
        "commit": change.commit,
        "at": change.at.isoformat(),
        "author": change.author,
        "subject": change.subject,
        "before": change.before,
        "after": change.after,
        "unit": str(change.metric.unit),
        "ratio": change.ratio,
        "low": change.low,
        "high": change.high,
        "confidence": change.confidence,
        "candidates": list(change.candidates),
        "line": change.line or None,
        "instruction": change.instruction,
        "line_delta": change.line_delta,
    }

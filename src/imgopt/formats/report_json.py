"""A report as JSON: schema_version 1, to which fields are only added (docs/report-json.md)."""

from __future__ import annotations

from typing import Any

import msgspec

from imgopt import __version__
from imgopt.formats.escape import json_text
from imgopt.formats.registry import Options
from imgopt.report.model import Change, Metric, Point, ReportData, Series, ServiceReport


def render(report: ReportData, _options: Options) -> dict[str, bytes]:
    """`report.json`: every series with its points, and every change point."""
    document = {
        "schema_version": 1,
        "imgopt": __version__,
        "made_at": report.made_at.isoformat(),
        "since": report.since.isoformat() if report.since else None,
        "weekly": report.weekly,
        "summary": [msgspec.to_builtins(sentence) for sentence in report.sentences],
        "change_points": [
            change_document(c) for service in report.services for c in service.changes
        ],
        "services": [_service(service) for service in report.services],
        "delivery": [msgspec.to_builtins(delivery) for delivery in report.delivery],
    }
    return {"report.json": json_text(document, indent=1).encode()}


def _service(report: ServiceReport) -> dict[str, Any]:
    return {
        "service": report.service,
        "series": [_series(series) for series in report.series],
        "change_points": [change_document(change) for change in report.changes],
        "failed": [
            {**msgspec.to_builtins(failed), "at": failed.at.isoformat()} for failed in report.failed
        ],
        "budgets": report.budgets,
    }


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

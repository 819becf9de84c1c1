"""A report as OpenMetrics text, for a scraper: what holds now, as gauges.

Format: OpenMetrics 1.0 (RFC draft of the OpenMetrics project), which Prometheus reads.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from imgopt.formats.escape import printable
from imgopt.formats.registry import Options
from imgopt.report.model import Metric, ReportData, Series, ServiceReport

_ESCAPES = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n"})


class _Family(NamedTuple):
    name: str
    unit: str
    help: str


_SERIES = {
    Metric.TIME: _Family(
        "build_duration_seconds", "seconds", "Median build time of the last commit."
    ),
    Metric.SIZE: _Family(
        "image_size_bytes", "bytes", "Image size of the last commit, uncompressed."
    ),
    Metric.CACHE_HITS: _Family(
        "cache_hit_ratio", "ratio", "Share of steps that came from the cache."
    ),
    Metric.CONTEXT: _Family("build_context_bytes", "bytes", "Build context of the last commit."),
    Metric.PULL: _Family(
        "pull_bytes", "bytes", "Layers that a node with the image of the commit before must pull."
    ),
    Metric.FAILURES: _Family("build_failure_ratio", "ratio", "Failed builds of the last commit."),
    Metric.FINDINGS: _Family("lint_findings", "", "Findings of lint in the last commit."),
}
_CHANGE = _Family(
    "change_point_ratio", "ratio", "What the last change point of a series multiplied it by."
)
_BUDGET = _Family(
    "budget_used_ratio", "ratio", "The last value of a series as a share of its budget."
)
_DELIVERY = {
    "pipeline_s": _Family(
        "pipeline_duration_seconds", "seconds", "Median time of a pipeline's builds."
    ),
    "builds": _Family("pipeline_builds", "", "Builds that pipelines did in the report's time."),
    "failed_builds": _Family("pipeline_builds_failed", "", "Those of them that failed."),
    "deployments": _Family("deployments", "", "Successful deployments in the report's time."),
    "deployments_a_week": _Family("deployments_per_week", "", "Successful deployments a week."),
    "lead_time_s": _Family(
        "lead_time_seconds", "seconds", "Median time from commit to deployment."
    ),
    "change_failure_share": _Family(
        "change_failure_ratio", "ratio", "Deployments that failed or were rolled back."
    ),
    "restore_s": _Family(
        "restore_time_seconds", "seconds", "Median time from a failure to a success."
    ),
}
_Sample = tuple[_Family, dict[str, str], float]


def render(report: ReportData, _options: Options) -> dict[str, bytes]:
    """`metrics.txt`, to be served as `application/openmetrics-text; version=1.0.0`."""
    families: dict[_Family, dict[str, float]] = {}
    for family, labels, value in _samples(report):
        # Names that differ in what does not print alone would be one series twice.
        families.setdefault(family, {}).setdefault(_labels(labels), value)
    out = []
    for family, samples in families.items():
        name = f"imgopt_{family.name}"
        out.append(f"# TYPE {name} gauge")
        if family.unit:
            out.append(f"# UNIT {name} {family.unit}")
        out.append(f"# HELP {name} {family.help}")
        out += [f"{name}{{{labels}}} {float(value)!r}" for labels, value in samples.items()]
    text = "\n".join([*out, "# EOF", ""])
    return {"metrics.txt": text.encode("utf-8", errors="replace")}


def _samples(report: ReportData) -> Iterator[_Sample]:
    for service in report.services:
        yield from _last_values(service.series)
        yield from _last_changes(service)
    for delivery in report.delivery:
        for field, family in _DELIVERY.items():
            value = getattr(delivery, field)
            if value is not None:
                yield family, {"service": delivery.service}, value


def _last_values(all_series: Iterable[Series]) -> Iterator[_Sample]:
    for series in all_series:
        if series.points:
            labels = {
                "service": series.service, "scenario": series.scenario, "machine": series.machine,
                "engine": series.engine, "isolation": series.isolation,
            }  # fmt: skip
            yield _SERIES[series.metric], labels, series.points[-1].value


def _last_changes(service: ServiceReport) -> Iterator[_Sample]:
    last = {(change.metric, change.scenario): change for change in service.changes}
    for change in last.values():
        labels = {
            "service": change.service, "metric": str(change.metric), "scenario": change.scenario,
            "commit": change.commit, "line": str(change.line or ""),
        }  # fmt: skip
        yield _CHANGE, labels, change.ratio
    for series in service.series:
        limit = service.budgets.get(series.name)
        if limit and series.points:
            labels = {"service": series.service, "budget": series.name, "machine": series.machine}
            yield _BUDGET, labels, series.points[-1].value / limit


def _labels(labels: dict[str, str]) -> str:
    return ",".join(
        f'{name}="{printable(value).translate(_ESCAPES)}"' for name, value in labels.items()
    )

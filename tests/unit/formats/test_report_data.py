"""The formats of a report that are data: JSON, CSV, OpenMetrics."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from imgopt.formats import report_csv, report_json, report_openmetrics
from imgopt.formats.registry import Options
from imgopt.report.model import (
    Change,
    Delivery,
    Failed,
    Metric,
    Part,
    Point,
    ReportData,
    Sentence,
    Series,
    ServiceReport,
)

AT = datetime(2026, 1, 5, 9, tzinfo=UTC)
SCHEMA = Path(__file__).parents[3] / "docs" / "report.schema.json"
HOSTILE = (
    "<script>alert(1)</script>",
    "$\\frac{$",
    "=HYPERLINK(\"//evil\")",
    "+1", "-1", "@SUM(A1)", "\tx", "\r=1",
    'a"b\\c\nd',
    "}\n# EOF\nimgopt_evil 1",
    "\x1b[31m\x00\u202e",
    "size", "a/b", "a-b", "",
    "n" * 100_000,
    "::error::x ##[error]y",
    "\ud800",
)  # fmt: skip


def point(number: int = 1, text: str = "subject", **of: object) -> Point:
    made = Point(f"{number:040x}", False, AT + timedelta(days=number), text, text, 4.0, 3.5, 4.5,
                 (3.0, 4.0, 5.0), (number,))  # fmt: skip
    return msgspec.structs.replace(made, **of)


def change(service: str = "api", **of: object) -> Change:
    made = Change(service, Metric.TIME, "cold", f"{2:040x}", AT, "Ada", "subject", 4.0, 9.2, 2.3,
                  2.1, 2.5, 0.99, (f"{1:040x}", f"{2:040x}"), 12, "RUN npm ci", 5.2)  # fmt: skip
    return msgspec.structs.replace(made, **of)


def series(service: str, metric: Metric, *points: Point, text: str = "cold") -> Series:
    return Series(service, metric, text if metric is Metric.TIME else "", "m", "v1", "shared",
                  points)  # fmt: skip


def report(*names: str) -> ReportData:
    parts = (Part(0, "", 3.0), Part(4, "COPY", 1.0))
    services = tuple(
        ServiceReport(
            name,
            (
                *(series(name, m, point(1, name), point(2, name, value=9.0), text=name)
                  for m in Metric if m is not Metric.SIZE),
                series(name, Metric.SIZE, point(1, name, parts=parts)),
            ),
            (change(name, subject=name, author=name, scenario=name, instruction=name),
             change(name, metric=Metric.SIZE, scenario="", line=0, instruction="")),
            (Failed("c", True, AT, name, name, name, (4,), 3, name, name),),
            {"size": 2.0, name: 3.0},
        )
        for name in names
    )  # fmt: skip
    delivery = tuple(Delivery(n, 4, 1, 60.0, 3, 0.5, None, 0.25, None) for n in names)
    told = (Sentence("It is slower.", "worse", names[0], "c"),)
    return ReportData(AT, None, False, services, told, delivery)


def as_json(of: ReportData) -> dict[str, Any]:
    return json.loads(report_json.render(of, Options())["report.json"])


def families(of: ReportData) -> dict[str, Any]:
    text = report_openmetrics.render(of, Options())["metrics.txt"].decode()
    return {family.name: family for family in text_string_to_metric_families(text)}


@pytest.mark.parametrize("of", [report("api"), report(*HOSTILE), ReportData(AT, AT, True, (), ())])
def test_json_keeps_its_schema(of: ReportData) -> None:
    schema = json.loads(SCHEMA.read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(as_json(of), schema)


def test_json_has_every_series_and_change_point() -> None:
    document = as_json(report("api", "web"))
    assert document["schema_version"] == 1
    (api, web) = document["services"]
    assert document["change_points"] == api["change_points"] + web["change_points"]
    time, size = api["change_points"]
    assert (time["service"], time["scenario"], time["commit"]) == ("api", "api", f"{2:040x}")
    assert (time["line"], time["ratio"], time["low"], time["high"]) == (12, 2.3, 2.1, 2.5)
    assert time["candidates"] == [f"{1:040x}", f"{2:040x}"]
    assert (size["metric"], size["scenario"], size["line"]) == ("size", None, None)
    assert {s["metric"] for s in api["series"]} == {str(metric) for metric in Metric}
    assert api["series"][-1]["points"][0]["parts"][1]["line"] == 4


def test_csv_has_a_row_a_point_and_a_row_a_change() -> None:
    files = report_csv.render(report("api"), Options())
    points = list(csv.DictReader(io.StringIO(files["report.csv"].decode())))
    assert len(points) == 13
    assert (points[0]["service"], points[0]["value"], points[0]["samples"]) == ("api", "4.0", "3")
    changes = list(csv.DictReader(io.StringIO(files["change-points.csv"].decode())))
    assert [(row["metric"], row["ratio"], row["line"]) for row in changes] == [
        ("time", "2.3", "12"), ("size", "2.3", "0"),
    ]  # fmt: skip


def test_no_cell_of_csv_is_a_formula_and_no_row_is_split() -> None:
    files = report_csv.render(report(*HOSTILE), Options())
    for data in files.values():
        rows = list(csv.reader(io.StringIO(data.decode())))
        assert len({len(row) for row in rows}) == 1
        assert not [c for row in rows for c in row if c[:1] in tuple("=+-@\t\r")]


def test_openmetrics_is_read_by_prometheus_own_parser() -> None:
    found = families(report("api"))
    (sample, *_) = found["imgopt_build_duration_seconds"].samples
    assert (sample.labels["service"], sample.labels["scenario"], sample.value) == (
        "api",
        "api",
        9.0,
    )
    assert found["imgopt_build_duration_seconds"].unit == "seconds"
    assert found["imgopt_change_point_ratio"].samples[0].labels["line"] == "12"
    assert found["imgopt_change_failure_ratio"].samples[0].value == 0.25
    assert [s.value for s in found["imgopt_budget_used_ratio"].samples] == [3.0, 2.0]
    assert "imgopt_lead_time_seconds" not in found


def test_openmetrics_of_hostile_names_has_no_other_metrics() -> None:
    found = families(report(*HOSTILE))
    assert set(found) == set(families(report("api")))
    services = {s.labels["service"] for s in found["imgopt_image_size_bytes"].samples}
    assert len(services) == len(HOSTILE)
    assert 'a"b\\c\ufffdd' in services or 'a"b\\c\nd' in services


def test_names_that_differ_in_what_does_not_print_are_one_series_of_openmetrics() -> None:
    found = families(report("a\x00", "a\x01"))
    assert len(found["imgopt_image_size_bytes"].samples) == 1


def test_an_empty_report() -> None:
    empty = ReportData(AT, None, False, (), ())
    assert families(empty) == {}
    assert as_json(empty)["services"] == []

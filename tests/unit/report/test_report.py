from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from records import record

from imgopt.formats import report_html, report_markdown, report_png
from imgopt.formats.registry import Options
from imgopt.formats.units import percent
from imgopt.records.build import BuildRecord
from imgopt.report import charts, summary, trends
from imgopt.report.document import Report

NOW = datetime(2026, 2, 1, tzinfo=UTC)


def test_one_point_a_commit_in_the_commits_order() -> None:
    records = [record(2), record(0), record(0, sample=2, duration_s=12.0), record(1)]
    found = summary.trends(trends.points(records))
    assert [t.service for t in found] == ["api"]
    assert [p.times["cold"] for p in found[0].points] == [11.0, 9.0, 8.0]
    assert [p.samples for p in found[0].points] == [2, 1, 1]
    assert found[0].change("cold") == pytest.approx(8 / 11)


def test_a_tree_with_changes_is_a_point_of_its_own() -> None:
    found = summary.trends(trends.points([record(0), record(0, dirty=True)]))
    assert [p.commit for p in found[0].points] == ["0000000000", "0000000000+"]


def test_levels_of_isolation_are_kept_apart_and_the_other_variant_out() -> None:
    records = [
        record(0), record(1), record(1, isolation="disposable", duration_s=99.0),
        record(1, variant="A Dockerfile.other", duration_s=77.0),
    ]  # fmt: skip
    (found,) = summary.trends(trends.points(records))
    assert found.scenarios == ("cold", "cold (disposable)")
    assert [p.times for p in found.points] == [
        {"cold": 10.0},
        {"cold": 9.0, "cold (disposable)": 99.0},
    ]
    assert trends.points(records[3:]).empty


def test_text_of_others_stays_text() -> None:
    evil = "<script>alert(1)</script> | `x` [a](b)"
    report = Report([record(0, subject=evil, service=evil)], NOW)
    page = report_html.render(report, Options())["report.html"].decode()
    assert "<script>" not in page
    text = report_markdown.render(report, Options())["report.md"].decode()
    assert "<script>" not in text.replace("\\<", "")
    assert "\\| `x` \\[a\\](b)" in text


def test_the_signs_of_commits_are_explained_where_they_stand() -> None:
    def pages(*records: BuildRecord) -> list[str]:
        report = Report(records, NOW)
        return [
            report_html.render(report, Options())["report.html"].decode(),
            report_markdown.render(report, Options())["report.md"].decode().replace("\\", ""),
        ]

    for page in pages(record(0), record(0, dirty=True), record(1, commit="")):
        assert "+ after a commit: built with uncommitted changes. none: built outside git." in page
    assert not [page for page in pages(record(0), record(1)) if "uncommitted" in page]


def test_each_format_makes_all_files_that_it_needs() -> None:
    report = Report([record(0), record(1), record(0, service="a/b"), record(0, service="a-b")], NOW)
    page = report_html.render(report, Options())["report.html"].decode()
    assert page.count("data:image/png;base64,") == 4
    assert "http" not in page.replace("http-equiv", "")
    pictures = report_png.render(report, Options())
    assert sorted(pictures) == [
        "build-time-a-b-2.png", "build-time-a-b.png", "build-time-api.png", "image-size.png",
    ]  # fmt: skip
    assert all(data.startswith(b"\x89PNG") for data in pictures.values())
    files = report_markdown.render(report, Options())
    linked = re.findall(r"!\[[^]]*\]\((.*?)\)", files["report.md"].decode())
    assert set(files) == {"report.md", *linked} == {"report.md", *pictures}
    frame = trends.points([record(0)])
    assert charts.render(charts.image_size(frame), "svg").startswith(b"<?xml")


@pytest.mark.parametrize(
    ("ratio", "text"), [(None, "–"), (0.5, "−50 %"), (1.0, "±0 %"), (2.0, "+100 %")]
)
def test_changes_as_percent(ratio: float | None, text: str) -> None:
    assert percent(ratio) == text

"""The files that formats make of a report."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta, timezone
from xml.etree import ElementTree

import msgspec
import pytest
import report_data
from records import record

from imgopt.formats import report_html, report_markdown, report_png, report_svg
from imgopt.formats.page.links import commit_url
from imgopt.formats.registry import Options
from imgopt.formats.units import percent
from imgopt.history.rowing import build_row
from imgopt.records.build import BuildRecord
from imgopt.records.rows import BuildRow
from imgopt.report import document, gallery, pictures
from imgopt.report.model import ReportData

NOW = datetime(2026, 2, 1, tzinfo=UTC)
EMPTY = ReportData(NOW, None, False, (), ())


def page(report: ReportData, **options: str) -> str:
    return report_html.render(report, Options(**options))["report.html"].decode()


def text(report: ReportData, **options: str) -> str:
    return report_markdown.render(report, Options(**options))["report.md"].decode()


def values(html: str) -> dict[str, dict[str, dict[str, list[dict[str, list[object]]]]]]:
    found = re.search(r'<script type="application/json" id="values">(.*?)</script>', html)
    assert found is not None
    return json.loads(found[1])


def test_the_verdict_stands_before_all_charts_and_links_to_its_change() -> None:
    html = page(report_data.report(40, ("backend", "web")))
    first = html.index("Look at ")
    assert first < html.index("a build after a change of code") < html.index("<svg")
    commit = report_data.report(40).services[0].changes[1].commit[:10]
    assert f'<a href="#change-1-1">{commit}</a>' in html
    assert 'id="change-1-1"' in html
    few = report_data.report(40, ("backend",))
    assert text(few).index("**Look at backend first.**") < 60


def test_a_page_has_each_services_charts_and_all_links_in_it_lead_somewhere() -> None:
    html = page(report_data.report(40, ("api", "web")))
    assert html.count('<figure class="chart"') == 2 * 2
    assert html.count('<figure class="chart small"') == 4 * 2
    anchors = set(re.findall(r' id="([^"]+)"', html))
    assert len(anchors) == html.count(' id="')
    for found in re.findall(r'href="#([^"]+)"|url\(#([^)]+)\)', html):
        assert "".join(found) in anchors
    assert len(re.findall(r'aria-label="[^"]+; now [^"]+"', html)) == 6 * 2


def test_a_page_loads_nothing_and_styles_nothing_inline() -> None:
    html = page(report_data.report(12, ("api",)))
    assert "http" not in html.replace("http-equiv", "").replace("http://www.w3.org/2000/svg", "")
    assert "style=" not in html
    policy = re.search(r'Security-Policy" content="([^"]*)"', html)
    assert policy is not None
    assert policy[1].startswith("default-src &#39;none&#39;")
    assert "unsafe" not in policy[1]


def test_a_thousand_commits_of_eight_services_are_less_than_two_megabytes() -> None:
    html = page(report_data.report(1000, days=700))
    assert len(html.encode()) < 2_000_000
    lines = values(html)["charts"]["c1ti"]["lines"]
    assert [line["name"] for line in lines] == ["cold", "code-change", "deps-change"]
    assert len(lines[0]["v"]) == 1000
    assert "The last 30 of 1,000" in html


def test_commits_link_to_the_forge_where_it_is_known() -> None:
    report = report_data.report(12, ("api",))
    commit = report_data.commit(11)
    url = f"https://git.example.org/a/b/commit/{commit}"
    assert f'href="{url}"' in page(report, repository="https://git.example.org/a/b.git")
    assert url not in page(report)
    assert "](https://git.example.org/a/b/commit/" in text(
        report, repository="https://git.example.org/a/b/"
    )


@pytest.mark.parametrize(
    ("repository", "url"),
    [
        ("https://git.example.org/a/b", "https://git.example.org/a/b/commit/{commit}"),
        ("https://h.example/x/{commit}.html", "https://h.example/x/{commit}.html"),
        ("javascript:alert(1)//", ""),
        ('https://x.example/"onclick=', ""),
        ("", ""),
    ],
)
def test_only_plain_web_addresses_are_linked_to(repository: str, url: str) -> None:
    assert commit_url(repository) == url


def test_text_of_others_stays_text() -> None:
    report = report_data.report(4, report_data.HOSTILE, scenarios=("cold",))
    html = page(report)
    assert html.count("<script") == 2
    assert "<img" not in html
    assert "\x1b" not in html
    assert "\u202e" not in html
    assert "$\\frac{$ \\textbf{x}" in html.replace("&#39;", "'")
    assert values(html)["charts"]
    written = text(report_data.report(2, report_data.HOSTILE, scenarios=()))
    assert "<script" not in written.replace("\\<", "")
    assert "@everyone" not in written
    assert not re.search(r"(?<!\\)\]\(http", written)
    assert "\u202e" not in written
    odd = report_data.report(2, report_data.HOSTILE[:4], scenarios=("cold",))
    for picture in report_svg.render(odd, Options()).values():
        root = ElementTree.fromstring(picture)
        assert not [e for e in root.iter() if e.tag.endswith("}script")]
        assert not [name for e in root.iter() for name in e.attrib if name.startswith("on")]


def test_markdown_is_bounded() -> None:
    whole = report_data.report(5, ("api",), scenarios=())
    many = msgspec.structs.replace(
        whole,
        services=tuple(
            msgspec.structs.replace(
                whole.services[0], service=f"s{n}", changes=whole.services[0].changes * 40
            )
            for n in range(22)
        ),
        sentences=whole.sentences * 200,
    )
    files = report_markdown.render(many, Options())
    assert len(files["report.md"]) < 100_000
    assert "2 more services are in `report.html`." in files["report.md"].decode()
    assert len(files) == 1 + 20


def test_markdown_links_to_the_pictures_that_are_written() -> None:
    names = ("api", "size", "a/b", "a-b", "A-B", "x" * 100_000)
    report = report_data.report(6, names)
    files = report_markdown.render(report, Options())
    linked = re.findall(r"!\[[^]]*\]\((.*?)\)", files["report.md"].decode())
    assert {"report.md", *linked} == set(files)
    assert set(report_png.render(report, Options())) == set(linked)
    assert all(files[name].startswith(b"\x89PNG") for name in linked)
    assert {"build-time-api.png", "image-size-api.png", "image-size-size.png"} <= set(files)


def test_names_of_files_are_safe_and_no_others() -> None:
    services = ["size", "a/b", "a-b", "A-B", "a-b", "..", "con", "", "\x00", "é", "x" * 10**5]
    found = gallery.file_names(services)
    assert len({name.casefold() for name in found}) == len(services)
    assert found[0] == "size"
    assert found[2] == "a-b"
    for name in found:
        assert re.fullmatch(r"[a-z0-9][a-z0-9._-]{0,59}", name)
    assert gallery.file_names(["a/b"]) == [found[1]]


@pytest.mark.parametrize(
    "at",
    [
        datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14))),
        datetime(9999, 12, 31, 23, 59, tzinfo=timezone(timedelta(hours=-12))),
    ],
)
def test_dates_at_the_ends_of_time_are_no_trouble(at: datetime) -> None:
    report = report_data.report(4, ("api",))
    service = report.services[0]
    series = tuple(
        msgspec.structs.replace(
            s, points=tuple(sorted((*s.points, msgspec.structs.replace(s.points[0], at=at)),
                                   key=lambda p: p.at))
        )
        for s in service.series
    )  # fmt: skip
    changed = msgspec.structs.replace(service, series=series)
    for made in (report.made_at, at):
        odd = msgspec.structs.replace(report, services=(changed,), made_at=made)
        assert f"{at.year:04}-" in page(odd)
        assert report_png.render(odd, Options())
        assert text(odd)


def test_drawings_have_the_colours_of_the_page_not_their_own() -> None:
    html = page(report_data.report(12, ("api",)))
    drawings = "".join(re.findall(r"<svg.*?</svg>", html, re.DOTALL))
    assert not re.findall(r"#[0-9a-f]{6}\b(?!\")", drawings)
    rules = html[html.index(".plot .s0{") : html.index("</style>")]
    assert not re.findall(r"#[0-9a-fA-F]{6}", rules)
    svg = report_svg.render(report_data.report(12, ("api",)), Options())
    assert "prefers-color-scheme:dark" in svg["build-time-api.svg"].decode()


def test_the_same_report_gives_the_same_bytes() -> None:
    one, other = (report_data.report(12, ("api",)) for _ in range(2))
    assert page(one) == page(other)
    assert report_png.render(one, Options()) == report_png.render(other, Options())
    assert pictures.variables("light") != pictures.variables("dark")


def test_the_signs_of_commits_are_explained_where_they_stand() -> None:
    def written(*records: BuildRecord) -> str:
        rows = (BuildRow._make(build_row(n, "", r)) for n, r in enumerate(records))
        return page(document.make_report(rows, NOW))

    odd = written(record(0), record(0, dirty=True), record(1, commit=""))
    assert "+ after a commit: built with uncommitted changes. none: built outside git." in odd
    assert "uncommitted" not in written(record(0), record(1))


def test_a_report_of_nothing_says_so() -> None:
    assert "The history holds no records yet." in page(EMPTY)
    assert "The history holds no records yet." in text(EMPTY)
    assert report_png.render(EMPTY, Options()) == {}


@pytest.mark.parametrize(
    ("ratio", "shown"), [(None, "–"), (0.5, "−50 %"), (1.0, "±0 %"), (2.0, "+100 %")]
)
def test_changes_as_percent(ratio: float | None, shown: str) -> None:
    assert percent(ratio) == shown

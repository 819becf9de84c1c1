"""The report's page as people use it: with a pointer, with keys, on a phone, in the dark."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
import report_data

from imgopt.report.model import ReportData

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

PHONE = {"viewport": {"width": 390, "height": 844}}
# Elements with text of their own, the colour of it, and what is behind it.
_CONTRASTS = """() => {
  const parse = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((v) => v / 255)
    .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, n) => sum + v * [0.2126, 0.7152, 0.0722][n], 0);
  const found = [];
  for (const one of document.body.querySelectorAll("*")) {
    const own = [...one.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
    if (!own || !one.getClientRects().length || one.closest("script")) continue;
    const style = getComputedStyle(one);
    const front = parse(one.namespaceURI.endsWith("svg") ? style.fill : style.color);
    let behind = one, ground = [0, 0, 0, 0];
    while (behind && ground[3] === 0) {
      ground = parse(getComputedStyle(behind).backgroundColor);
      if (ground.length === 3) ground.push(1);
      behind = behind.parentElement;
    }
    const [a, b] = [light(front), light(ground)].sort((x, y) => y - x);
    found.push([(a + 0.05) / (b + 0.05), one.textContent.slice(0, 40)]);
  }
  return found;
}"""
_TEXTS = """() => [...document.querySelectorAll(".plot svg")].map((svg) =>
  [...svg.querySelectorAll("text")].map((text) => {
    const box = text.getBoundingClientRect();
    return [box.left, box.top, box.right, box.bottom, text.textContent];
  }).filter((box) => box[2] > box[0]))"""


@pytest.fixture(scope="module")
def report() -> ReportData:
    return report_data.report(40, ("backend", "worker", "dashboard"))


def column(page: Any, place: int) -> list[float]:
    cells = page.locator(f"main table >> nth=0 >> tbody tr td:nth-of-type({place})")
    return [float(cells.nth(n).get_attribute("data-sort")) for n in range(cells.count())]


def test_a_click_on_a_heading_sorts_by_number_and_a_second_one_the_other_way(
    opened: Callable[..., Any], report: ReportData
) -> None:
    page = opened(report).page
    heading = page.get_by_role("columnheader", name="cold").first
    for direction, is_down in (("ascending", False), ("descending", True)):
        heading.get_by_role("button").click()
        assert heading.get_attribute("aria-sort") == direction
        found = column(page, 1)
        assert len(found) == 3
        assert found == sorted(found, reverse=is_down)
    names = page.get_by_role("columnheader", name="Service").first
    names.get_by_role("button").press("Enter")
    assert names.get_attribute("aria-sort") == "ascending"
    assert heading.get_attribute("aria-sort") is None
    first = page.locator("main table >> nth=0 >> tbody tr >> nth=0")
    assert first.inner_text().startswith("backend")


def test_the_pointer_shows_the_values_of_the_commit_under_it(
    opened: Callable[..., Any], report: ReportData
) -> None:
    page = opened(report).page
    plot = page.locator("figure[data-chart=c1ti] .plot")
    plot.scroll_into_view_if_needed()
    box = plot.locator("svg >> nth=0").bounding_box()
    page.mouse.move(box["x"] + box["width"] * 48 / 500, box["y"] + box["height"] / 2)
    tip = page.locator(".tip")
    first = report.services[0].series[0].points[0]
    assert first.commit[:10] in tip.inner_text()
    assert first.subject in tip.inner_text()
    cold = re.search(r"cold\s+([\d.]+) s \(([\d.]+) s to ([\d.]+) s\)", tip.inner_text())
    assert cold is not None
    assert [float(n) for n in cold.groups()] == pytest.approx(
        [first.value, first.low, first.high], rel=0.01
    )
    assert page.locator(".dot").count() == 3
    page.mouse.move(box["x"] + box["width"] * 368 / 500, box["y"] + box["height"] / 2)
    assert report.services[0].series[0].points[-1].commit[:10] in tip.inner_text()
    page.mouse.move(2, 2)
    assert tip.count() == 0


def test_arrow_keys_move_along_the_commits_and_are_spoken(
    opened: Callable[..., Any], report: ReportData
) -> None:
    page = opened(report).page
    points = next(s for s in report.services[0].series if s.scenario == "code-change").points
    plot = page.locator("figure[data-chart=c1ti] .plot")
    plot.focus()
    spoken = page.locator("#reading")
    for key, expected in (
        ("ArrowLeft", points[-1]), ("ArrowLeft", points[-2]), ("Home", points[0]),
        ("ArrowRight", points[1]), ("End", points[-1]),
    ):  # fmt: skip
        page.keyboard.press(key)
        assert expected.commit[:10] in spoken.inner_text()
        assert expected.subject in spoken.inner_text()
    page.keyboard.press("PageUp")
    change = report.services[0].changes[-1]
    assert change.commit[:10] in spoken.inner_text()
    assert "Change point: code-change −58 %" in spoken.inner_text()
    assert page.locator(".tip").count() == 1
    page.keyboard.press("Escape")
    assert page.locator(".tip").count() == 0


def test_a_mark_leads_to_its_change(opened: Callable[..., Any], report: ReportData) -> None:
    page = opened(report, repository="https://git.example.org/a/b").page
    mark = page.locator("figure[data-chart=c1ti] svg >> nth=0").locator("a[href='#change-1-2']")
    assert mark.first.get_attribute("aria-label").startswith("code-change ×2.4 since")
    mark.first.focus()
    page.keyboard.press("Enter")
    row = page.locator("tr:target")
    assert row.get_attribute("id") == "change-1-2"
    link = row.get_by_role("link").first
    commit = report.services[0].changes[1].commit
    assert link.get_attribute("href") == f"https://git.example.org/a/b/commit/{commit}"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_text_can_be_read(opened: Callable[..., Any], report: ReportData, scheme: str) -> None:
    page = opened(report, color_scheme=scheme).page
    page.locator("summary").first.click()
    found = page.evaluate(_CONTRASTS)
    assert len(found) > 300
    assert not [one for one in found if one[0] < 4.5]
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (ground == "rgb(255, 255, 255)") is (scheme == "light")


def test_on_paper_a_dark_page_is_light(opened: Callable[..., Any], report: ReportData) -> None:
    page = opened(report, color_scheme="dark").page
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert not [one for one in page.evaluate(_CONTRASTS) if one[0] < 4.5]


@pytest.mark.parametrize("options", [{}, PHONE])
def test_a_page_scrolls_down_only_and_no_text_of_a_chart_is_cut_or_over_another(
    opened: Callable[..., Any], report: ReportData, options: dict[str, object]
) -> None:
    page = opened(report, **options).page
    page.locator("summary").first.click()
    wide = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert wide[0] <= wide[1]
    charts = [texts for texts in page.evaluate(_TEXTS) if texts]
    assert len(charts) == 3 * 6
    for texts in charts:
        assert all(text[0] >= 0 and text[2] <= wide[1] for text in texts)
        names = sorted(
            (t for t in texts if re.match(r"[a-z-]+ [\d.]+ s$", t[4])), key=lambda t: t[1]
        )
        assert all(one[3] <= other[1] + 3 for one, other in pairwise(names))
        row = max(text[3] for text in texts)
        days = sorted(text for text in texts if text[3] > row - 2)
        assert all(one[2] < other[0] for one, other in pairwise(days))
    boxes = page.locator(".wide")
    assert all(
        boxes.nth(n).evaluate("one => getComputedStyle(one).overflowX") == "auto"
        for n in range(boxes.count())
    )


def test_a_touch_shows_values_on_a_phone(opened: Callable[..., Any], report: ReportData) -> None:
    page = opened(report, **PHONE, has_touch=True).page
    plot = page.locator("figure[data-chart=c1ti] .plot")
    plot.scroll_into_view_if_needed()
    plot.tap(position={"x": 100, "y": 100})
    box = page.locator(".tip").bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390


def test_without_script_all_is_there(opened: Callable[..., Any], report: ReportData) -> None:
    page = opened(report, java_script_enabled=False).page
    assert page.get_by_text("Look at backend first.").is_visible()
    assert page.locator("figure.chart svg:visible").count() == 3 * 6
    assert page.get_by_role("table").count() >= 6
    assert page.get_by_role("button").count() == 0
    assert not page.get_by_text("press the arrow keys").is_visible()


def test_headings_names_and_marks_of_a_page(opened: Callable[..., Any], report: ReportData) -> None:
    page = opened(report).page
    levels = page.evaluate(
        "[...document.querySelectorAll('h1,h2,h3,h4')].map((one) => Number(one.tagName[1]))"
    )
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    unnamed = page.evaluate("""() => [...document.querySelectorAll(
        ".plot, a, button, [role=region], section")].filter((one) => !(
        (one.getAttribute("aria-label") || "").trim() || one.hasAttribute("aria-labelledby")
        || one.textContent.trim())).map((one) => one.outerHTML.slice(0, 200))""")
    assert unnamed == []
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map((one) => one.id)")
    assert len(ids) == len(set(ids))
    assert page.evaluate("document.documentElement.lang") == "en"
    assert page.locator("th:not([scope])").count() == 0


def test_a_page_asks_for_nothing_and_complains_of_nothing(
    opened: Callable[..., Any], report: ReportData
) -> None:
    found = opened(report)
    found.page.wait_for_load_state("networkidle")
    assert [url.rpartition("/")[2] for url in found.requests] == ["report.html"]
    assert found.messages == []

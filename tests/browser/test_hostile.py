"""A page full of hostile names: nothing of it runs, nothing of it asks for anything."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
import report_data

from imgopt.report.model import ReportData, Sentence

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


@pytest.fixture(scope="module")
def hostile() -> ReportData:
    """Every text of a report is one of the hostile names."""
    report = report_data.report(8, report_data.HOSTILE, scenarios=("cold", "code-change"))

    def name(number: int) -> str:
        return report_data.HOSTILE[number % len(report_data.HOSTILE)]

    def renamed(value: Any, number: int) -> Any:
        """The same with all texts of people in it hostile."""
        texts = {"subject", "author", "message", "instruction", "text", "scenario", "machine"}
        if isinstance(value, msgspec.Struct):
            fields = {
                field: name(number + n) if field in texts and getattr(value, field)
                else renamed(getattr(value, field), number + n)
                for n, field in enumerate(value.__struct_fields__)
            }  # fmt: skip
            return type(value)(**fields)
        if isinstance(value, tuple):
            return tuple(renamed(one, number + n) for n, one in enumerate(value))
        return value

    services = tuple(renamed(one, n) for n, one in enumerate(report.services))
    said = tuple(Sentence(one, "worse", one, one) for one in report_data.HOSTILE)
    budgets = dict.fromkeys(report_data.HOSTILE, 1.0)
    limited = tuple(msgspec.structs.replace(one, budgets=budgets) for one in services)
    return msgspec.structs.replace(report, services=limited, sentences=said)


def test_names_neither_run_nor_ask(opened: Callable[..., Any], hostile: ReportData) -> None:
    found = opened(hostile, repository="https://git.example.org/a/b")
    page = found.page
    page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
    plots = page.locator(".plot")
    for number in range(0, plots.count(), 5):
        plots.nth(number).focus()
        page.keyboard.press("End")
    buttons = page.locator("thead button")
    for number in range(0, buttons.count(), 9):
        buttons.nth(number).press("Enter")
    page.wait_for_load_state("networkidle")
    assert [url.rpartition("/")[2] for url in found.requests] == ["report.html"]
    assert found.messages == []
    assert page.locator("script").count() == 2
    assert page.locator("img, iframe, object, embed, form, base, link").count() == 0
    on = "[...document.querySelectorAll('*')].flatMap((e) => [...e.attributes]).map((a) => a.name)"
    assert not [attribute for attribute in page.evaluate(on) if attribute.startswith("on")]
    links = page.evaluate("[...document.querySelectorAll('a')].map((a) => a.getAttribute('href'))")
    assert all(link.startswith(("#", "https://git.example.org/a/b/commit/")) for link in links)


def test_names_are_shown_as_they_are_written(
    opened: Callable[..., Any], hostile: ReportData
) -> None:
    page = opened(hostile, repository="https://git.example.org/a/b").page
    headings = [text.strip() for text in page.locator("section.service > h2").all_inner_texts()]
    assert headings[0] == report_data.HOSTILE[0]
    assert "$\\frac{$ \\textbf{x} $x^2$" in headings
    drawn = page.evaluate("[...document.querySelectorAll('svg text')].map((t) => t.textContent)")
    assert any("\\frac" in text for text in drawn)
    body = page.locator("body").inner_text()
    assert "\u202e" not in body
    assert "\x1b" not in body
    wide = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert wide[0] <= wide[1]


def test_the_policy_stops_what_would_be_smuggled_in(opened: Callable[..., Any]) -> None:
    found = opened(report_data.report(4, ("api",)))
    page = found.page
    page.evaluate("""() => {
      const put = (name, fields) =>
        document.body.append(Object.assign(document.createElement(name), fields));
      put("script", { textContent: "window.ran = true" });
      put("img", { src: "https://evil.example/x.png" });
      put("style", { textContent: "body { background: rgb(1, 2, 3) !important }" });
    }""")
    page.wait_for_load_state("networkidle")
    assert page.evaluate("window.ran") is None
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != "rgb(1, 2, 3)"
    assert found.stopped == ["https://evil.example/x.png"]
    assert any("Content Security Policy" in message for message in found.messages)

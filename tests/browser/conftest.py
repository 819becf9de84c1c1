"""Pages in a real Chromium, one browser a session; skipped where there is none."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from imgopt.formats import report_html
from imgopt.formats.registry import Options
from imgopt.report.model import ReportData

playwright_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
_NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")


class Opened(msgspec.Struct):
    """A page, and what it asked for, said and did since it was opened."""

    page: playwright_api.Page
    requests: list[str] = []
    stopped: list[str] = []
    messages: list[str] = []


@pytest.fixture(scope="session")
def browser() -> Iterator[playwright_api.Browser]:
    """Debian's Chromium, since playwright's own is a download."""
    found = next((path for name in _NAMES if (path := shutil.which(name))), None)
    with playwright_api.sync_playwright() as playwright:
        own = playwright.chromium.executable_path
        if found is None and not Path(own).exists():
            pytest.skip("no Chromium: install the package chromium")
        opened = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def page_of() -> Callable[[ReportData, str], bytes]:
    """The page of a report, which is made once."""
    made: list[tuple[ReportData, str, bytes]] = []

    def find(report: ReportData, repository: str) -> bytes:
        for known, url, page in made:
            if known is report and url == repository:
                return page
        page = report_html.render(report, Options(repository=repository))["report.html"]
        made.append((report, repository, page))
        return page

    return find


@pytest.fixture
def opened(
    browser: playwright_api.Browser, page_of: Callable[[ReportData, str], bytes], tmp_path: Path
) -> Iterator[Callable[..., Opened]]:
    """Opens the page of a report; options are those of a browser's context."""
    contexts = []

    def open_(report: ReportData, repository: str = "", **options: object) -> Opened:
        path = tmp_path / "report.html"
        path.write_bytes(page_of(report, repository))
        settings = {"viewport": {"width": 1280, "height": 900}} | options
        context = browser.new_context(**settings)
        contexts.append(context)
        found = Opened(context.new_page())
        found.page.set_default_timeout(10_000)
        found.page.on("request", lambda request: found.requests.append(request.url))
        found.page.on("requestfailed", lambda request: found.stopped.append(request.url))
        found.page.on("console", lambda message: found.messages.append(message.text))
        found.page.on("pageerror", lambda error: found.messages.append(str(error)))
        found.page.on("dialog", lambda dialog: (found.messages.append("dialog"), dialog.dismiss()))
        found.page.on("popup", lambda _: found.messages.append("popup"))
        found.page.goto(path.as_uri())
        return found

    yield open_
    for context in contexts:
        context.close()
